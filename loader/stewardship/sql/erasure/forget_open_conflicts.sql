-- What waited for a decision about this person.
delete from kajabi_ledger.open_conflicts where contact_id = any(%(contact_ids)s::uuid[])
