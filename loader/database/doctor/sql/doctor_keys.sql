-- Keys of contacts that cannot tell two people apart. Counts, never a value.
with each_row as (
    select
        email::text as email,
        to_jsonb(contacts.*) as cells
    from public.contacts
),

contacts as (
    select
        kajabi_ledger.clean_email(email) as email_key,
        kajabi_ledger.trim_text(cells ->> 'kajabi_id') as kajabi_id,
        kajabi_ledger.trim_text(cells ->> 'kajabi_member_id') as kajabi_member_id,
        cells ->> 'id' as contact_id
    from each_row
)

select
    (select count(*) from contacts) as count_contacts,
    (select count(*) from contacts where email_key is null) as blank_emails,
    (
        select count(*)
        from (select from contacts where email_key is not null group by email_key having count(*) > 1) as alike
    ) as emails_alike,
    (
        select count(*)
        from (select from contacts where kajabi_id is not null group by kajabi_id having count(*) > 1) as alike
    ) as ids_held_twice,
    (
        select count(*)
        from (
            select from contacts where kajabi_member_id is not null group by kajabi_member_id having count(*) > 1
        ) as alike
    ) as member_ids_held_twice,
    (
        select count(*)
        from (select from contacts where contact_id is not null group by contact_id having count(*) > 1) as alike
    ) as contact_ids_alike,
    (select count(*) from contacts where contact_id is null) as blank_contact_ids,
    -- a plain unique index on the email alone, for all rows
    exists(
        select from pg_catalog.pg_index
        inner join pg_catalog.pg_attribute on attrelid = indrelid and attname = 'email'
        where
            indrelid = 'public.contacts'::regclass and indisunique and indisvalid and indpred is null
            and indnkeyatts = 1 and (indkey[0] = attnum or pg_get_indexdef(indexrelid) ~* '\(lower\(.*email')
    ) as is_email_unique
