-- Contacts that are this person: they hold one of the keys, or the ledger knows them by their id. One that was marked
-- as deleted and holds no key any more was emptied, and is nobody.
with held_keys as (
    select
        contact_id,
        key_kind
    from kajabi_ledger.holders_of_keys(
        %(emails)s::text[], %(kajabi_ids)s::text[], %(member_ids)s::text[]
    )
),

known_ids as (
    select
        contacts.id as contact_id,
        'id' as key_kind
    from public.contacts
    where contacts.id = any(%(contact_ids)s::uuid[]) and to_jsonb(contacts.*) ->> 'deleted_at' is null
)

select
    contact_id,
    min(key_kind) as key_kind
from (
    select * from held_keys
    union all
    select * from known_ids
) as found
group by contact_id
order by contact_id
