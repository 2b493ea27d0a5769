-- What else is known of a person: every key that stands beside one of these. Asked again until nothing is added.
-- A key that is shared by mistake (a zero, a placeholder) would lead to everybody: an id has five characters and a
-- digit, an email an @.
with given as (
    select
        %(emails)s::text[] as emails,
        %(kajabi_ids)s::text[] as kajabi_ids,
        %(member_ids)s::text[] as member_ids,
        %(contact_ids)s::uuid[] as contact_ids
),

export_rows as (
    select
        kajabi_ledger.clean_email(email) as email,
        kajabi_ledger.trim_text(kajabi_id) as kajabi_id,
        kajabi_ledger.trim_text(kajabi_member_id) as member_id,
        null::uuid as contact_id
    from kajabi_raw.contact_rows
),

planned_as_written as (
    select
        kajabi_ledger.clean_email(email) as email,
        kajabi_ledger.trim_text(kajabi_id) as kajabi_id,
        kajabi_ledger.trim_text(kajabi_member_id) as member_id,
        contact_id
    from kajabi_ledger.planned_rows
),

planned_as_seen as (
    select
        kajabi_ledger.clean_email(contact_as_seen ->> 'email') as email,
        kajabi_ledger.trim_text(contact_as_seen ->> 'kajabi_id') as kajabi_id,
        kajabi_ledger.trim_text(contact_as_seen ->> 'kajabi_member_id') as member_id,
        contact_id
    from kajabi_ledger.planned_rows
    where contact_as_seen is not null
),

written_values as (
    select
        kajabi_ledger.clean_email(max(written_value) filter (where field = 'email')) as email,
        kajabi_ledger.trim_text(max(written_value) filter (where field = 'kajabi_id')) as kajabi_id,
        kajabi_ledger.trim_text(max(written_value) filter (where field = 'kajabi_member_id')) as member_id,
        contact_id
    from kajabi_ledger.field_changes
    where field in ('email', 'kajabi_id', 'kajabi_member_id')
    group by run_id, contact_id
),

merged_away as (
    select
        kajabi_ledger.clean_email(old_email) as email,
        kajabi_ledger.trim_text(old_kajabi_id) as kajabi_id,
        null as member_id,
        survivor_contact_id as contact_id
    from kajabi_ledger.merged_contacts
),

survivors as (
    select
        kajabi_ledger.clean_email(survivor_email) as email,
        null as kajabi_id,
        null as member_id,
        survivor_contact_id as contact_id
    from kajabi_ledger.merged_contacts
),

pruned as (
    select
        null as email,
        null as kajabi_id,
        null as member_id,
        contact_id
    from kajabi_ledger.pruned_keys
    where
        key_digest in (
            select kajabi_ledger.key_digest(salts.salt, keys.key_kind, keys.key_value)
            from kajabi_ledger.erasure_salt as salts
            cross join (
                select
                    'email' as key_kind,
                    unnest(given.emails) as key_value
                from given
                union all
                select
                    'kajabi_id',
                    unnest(given.kajabi_ids)
                from given
            ) as keys
        )
),

known as (
    select * from export_rows
    union all
    select * from planned_as_written
    union all
    select * from planned_as_seen
    union all
    select * from written_values
    union all
    select * from merged_away
    union all
    select * from survivors
),

found as (
    select known.*
    from known
    cross join given
    where
        known.email = any(given.emails)
        or known.kajabi_id = any(given.kajabi_ids)
        or known.member_id = any(given.member_ids)
        or known.contact_id = any(given.contact_ids)
    union all
    select * from pruned
)

select
    array(
        select distinct listed.key_value
        from (
            select unnest(given.emails) as key_value
            union all
            select found.email from found
            where strpos(found.email, '@') > 0
        ) as listed
        order by listed.key_value
    ) as emails,
    array(
        select distinct found.kajabi_id from found
        where found.kajabi_id ~ '[0-9]' and length(found.kajabi_id) >= 5
        order by found.kajabi_id
    ) as kajabi_ids,
    array(
        select distinct found.member_id from found
        where found.member_id ~ '[0-9]' and length(found.member_id) >= 5
        order by found.member_id
    ) as member_ids,
    array(
        select distinct found.contact_id from found
        where found.contact_id is not null
        order by found.contact_id
    ) as contact_ids
from given
