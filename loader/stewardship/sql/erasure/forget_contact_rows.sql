-- The person's records in every export that is kept.
delete from kajabi_raw.contact_rows
where
    kajabi_ledger.clean_email(email) = any(%(emails)s::text[])
    or kajabi_ledger.trim_text(kajabi_id) = any(%(kajabi_ids)s::text[])
    or kajabi_ledger.trim_text(kajabi_member_id) = any(%(member_ids)s::text[])
