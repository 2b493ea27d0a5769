-- What people said about this person's export rows: found by the contact, and by the digest of every row that is kept,
-- made as the staging models make it.
with person_rows as (
    select
        kajabi_ledger.trim_text(kajabi_id) as kajabi_id,
        kajabi_ledger.clean_email(email) as email_key,
        kajabi_ledger.trim_text(first_name) as first_name,
        kajabi_ledger.trim_text(last_name) as last_name,
        array[
            kajabi_ledger.trim_text(phone_number),
            kajabi_ledger.trim_text(mobile_phone_number),
            kajabi_ledger.trim_text(phone)
        ] as phones
    from kajabi_raw.contact_rows
    where
        kajabi_ledger.clean_email(email) = any(%(emails)s::text[])
        or kajabi_ledger.trim_text(kajabi_id) = any(%(kajabi_ids)s::text[])
        or kajabi_ledger.trim_text(kajabi_member_id) = any(%(member_ids)s::text[])
),

-- whichever of its phones counted, and a placeholder taken for a blank or not: all of these digests are this person's
possible_keys as (
    select
        kajabi_ledger.row_key(
            ids.kajabi_id, emails.email_key, person_rows.first_name, person_rows.last_name, phones.phone
        ) as row_key
    from person_rows
    cross join lateral (values (person_rows.kajabi_id), (null)) as ids (kajabi_id)
    cross join lateral (values (person_rows.email_key), (null)) as emails (email_key)
    cross join lateral unnest(person_rows.phones || null::text) as phones (phone)
)

delete from kajabi_ledger.match_overrides
where
    contact_id = any(%(contact_ids)s::uuid[])
    or row_key in (select row_key from possible_keys)
