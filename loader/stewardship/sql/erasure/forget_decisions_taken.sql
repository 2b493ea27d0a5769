-- What people decided about this person's values, reasons included.
delete from kajabi_ledger.decisions_taken where contact_id = any(%(contact_ids)s::uuid[])
