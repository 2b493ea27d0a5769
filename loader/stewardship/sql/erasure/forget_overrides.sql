-- What people decided about this person's values, reasons included.
delete from kajabi_ledger.overrides where contact_id = any(%(contact_ids)s::uuid[])
