-- Who gave which field of this person.
delete from kajabi_ledger.contact_field_sources where contact_id = any(%(contact_ids)s::uuid[])
