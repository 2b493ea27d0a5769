{{ config(materialized='table', indexes=[{'columns': ['merged_contact_id'], 'unique': true}]) }}
-- One row per email or Kajabi id that was merged away: the living contact that it leads to in the end.
-- contact_id is null where the chain of merges ends at nobody or runs in a circle.
with recursive contacts as (select * from {{ ref('stg_crm__contacts') }}),

merged_contacts as (select * from {{ source('kajabi_ledger', 'merged_contacts') }}),

living_contacts as (
    select id as contact_id from contacts where not is_deleted
),

-- under which emails and ids a survivor that is gone may have been merged further: as recorded then, and as it is now
chains as (
    select
        merged_contact_id,
        survivor_contact_id,
        survivor_email,
        array[merged_contact_id] as steps
    from merged_contacts
    union all
    select
        chains.merged_contact_id,
        further.survivor_contact_id,
        further.survivor_email,
        chains.steps || further.merged_contact_id
    from chains
    left join contacts as gone on chains.survivor_contact_id = gone.id
    inner join merged_contacts as further
        on
            further.old_email in (chains.survivor_email, {{ clean_email('gone.email') }})
            or further.old_kajabi_id = {{ trim_text('gone.kajabi_id') }}
    where
        coalesce(gone.is_deleted, true)
        -- a circle: this merge was followed before
        and not further.merged_contact_id = any(chains.steps)
),

ends as (
    select
        chains.merged_contact_id,
        array_agg(distinct living_contacts.contact_id) as contact_ids
    from chains
    inner join living_contacts on chains.survivor_contact_id = living_contacts.contact_id
    group by chains.merged_contact_id
),

stg_ledger__merge_survivors as (
    select
        merged_contacts.merged_contact_id,
        merged_contacts.old_email,
        merged_contacts.old_kajabi_id,
        -- two ends are none: choosing one of them would be a guess
        case when cardinality(ends.contact_ids) = 1 then ends.contact_ids[1] end as contact_id
    from merged_contacts
    left join ends on merged_contacts.merged_contact_id = ends.merged_contact_id
)

select * from stg_ledger__merge_survivors
