{{ config(
    indexes=[{'columns': ['contact_id', 'row_number'], 'unique': true}],
    meta={'may_be_null': ['contact_id', 'row_number']}
) }}
-- One row per living contact, and per export row without a contact of that email: how the two addresses compare.
-- `not materialized`: what is read twice would be copied first, and the copy costs more than reading it again.
with old_import_matches as not materialized (select * from {{ ref('old_import_matches') }}),

exports as not materialized (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as not materialized (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

address_evaluation as (
    select
        contacts.id as contact_id,
        matches.row_number,
        contacts.email,
        case
            when matches.contact_id is null then 'only_in_database'
            when not matches.is_address_here and not matches.is_address_in_kajabi then 'match'
            when not matches.is_address_in_kajabi then 'missing_in_kajabi'
            when not matches.is_address_here then 'missing_here'
            when matches.is_address_different then 'needs_update'
            else 'match'
        end as evaluation
    from contacts
    left join old_import_matches as matches on contacts.id = matches.contact_id and matches.is_deciding
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
