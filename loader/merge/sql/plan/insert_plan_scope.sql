-- The next plan is for this email, or for the first so many contacts.
insert into kajabi_ledger.plan_scope (only_email, first_count)
values (kajabi_ledger.clean_email(%(only_email)s), %(first_count)s)
on conflict do nothing
