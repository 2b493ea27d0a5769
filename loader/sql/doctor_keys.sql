-- Keys of contacts that cannot tell two people apart. Counts, never a value.
with contacts as (
    select
        kajabi_ledger.clean_email(contacts.email::text) as email_key,
        kajabi_ledger.trim_text(to_jsonb(contacts.*) ->> 'kajabi_id') as kajabi_id
    from public.contacts
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
    -- a plain unique index on the email alone, for all rows
    exists(
        select from pg_catalog.pg_index
        inner join pg_catalog.pg_attribute on attrelid = indrelid and attname = 'email'
        where
            indrelid = 'public.contacts'::regclass and indisunique and indisvalid and indpred is null
            and indnkeyatts = 1 and (indkey[0] = attnum or pg_get_indexdef(indexrelid) ~* '\(lower\(.*email')
    ) as is_email_unique
