-- One row per email or Kajabi id that was merged away: the living contact that it leads to in the end.
-- contact_id is null where the chain of merges ends at nobody or runs in a circle.
with recursive contacts as (select * from {{ ref('stg_crm__contacts') }}),

known_duplicates as (select * from {{ source('kajabi_ledger', 'known_duplicates') }}),

living_contacts as (
    select id as contact_id from contacts where not is_deleted
),

chains as (
    select
        duplicate_id,
        survivor_contact_id,
        survivor_email,
        array[duplicate_id] as steps
    from known_duplicates
    union all
    select
        chains.duplicate_id,
        further.survivor_contact_id,
        further.survivor_email,
        chains.steps || further.duplicate_id
    from chains
    inner join known_duplicates as further on chains.survivor_email = further.old_email
    left join living_contacts on chains.survivor_contact_id = living_contacts.contact_id
    where
        living_contacts.contact_id is null
        -- a circle: this merge was followed before
        and not further.duplicate_id = any(chains.steps)
),

known_survivors as (
    select
        known_duplicates.duplicate_id,
        known_duplicates.old_email,
        known_duplicates.old_kajabi_id,
        living_contacts.contact_id
    from known_duplicates
    left join ( -- noqa: ST11
        chains
        inner join living_contacts on chains.survivor_contact_id = living_contacts.contact_id
    ) on known_duplicates.duplicate_id = chains.duplicate_id
)

select * from known_survivors
