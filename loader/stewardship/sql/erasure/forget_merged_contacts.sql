-- Merges of this person, as the one who was merged away and as the one who survived.
delete from kajabi_ledger.merged_contacts
where
    survivor_contact_id = any(%(contact_ids)s::uuid[])
    or kajabi_ledger.clean_email(survivor_email) = any(%(emails)s::text[])
    or kajabi_ledger.clean_email(old_email) = any(%(emails)s::text[])
    or kajabi_ledger.trim_text(old_kajabi_id) = any(%(kajabi_ids)s::text[])
