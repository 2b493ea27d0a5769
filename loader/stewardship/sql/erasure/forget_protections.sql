-- Who protected this person's fields, reasons included.
delete from kajabi_ledger.protections where contact_id = any(%(contact_ids)s::uuid[])
