-- A restriction of the next plan to this person.
delete from kajabi_ledger.plan_scope where kajabi_ledger.clean_email(only_email) = any(%(emails)s::text[])
