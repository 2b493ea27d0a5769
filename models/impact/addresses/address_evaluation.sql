-- One row per living contact, and per export row without a contact of that email: how the two addresses compare.
with compared_addresses as (select * from {{ ref('compared_addresses') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

old_import_matches as (select * from {{ ref('old_import_matches') }}),

-- an address exists where line 1, city, state or postal code holds something; line 2 or a country alone is none
existing as (
    select
        *,
        coalesce(our_parts[1], our_parts[3], our_parts[4], our_parts[5]) is not null as is_here,
        coalesce(kajabi_parts[1], kajabi_parts[3], kajabi_parts[4], kajabi_parts[5]) is not null as is_in_kajabi
    from compared_addresses
),

address_evaluation as (
    select
        contacts.id as contact_id,
        existing.row_number,
        contacts.email,
        case
            when existing.contact_id is null then 'only_in_database'
            when not existing.is_here and not existing.is_in_kajabi then 'match'
            when not existing.is_in_kajabi then 'missing_in_kajabi'
            when not existing.is_here then 'missing_here'
            when (existing.our_parts is distinct from existing.kajabi_parts) then 'needs_update'
            else 'match'
        end as evaluation
    from contacts
    left join existing on contacts.id = existing.contact_id
    union all
    select
        null as contact_id,
        exports.row_number,
        exports.email,
        'only_in_export' as evaluation
    from exports
    left join old_import_matches on exports.row_number = old_import_matches.row_number
    where old_import_matches.row_number is null
)

select * from address_evaluation
