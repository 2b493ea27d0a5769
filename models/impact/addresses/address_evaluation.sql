-- One row per living contact, and per export row without a contact of that email: how the two addresses compare.
-- `not materialized`: what is read twice would be copied first, and the copy costs more than reading it again.
with old_import_matches as not materialized (select * from {{ ref('old_import_matches') }}),

exports as not materialized (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as not materialized (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

-- an address exists where line 1, city, state or postal code holds something; line 2 or a country alone is none
compared as (
    select
        contacts.id as contact_id,
        exports.row_number,
        {{ any_field(trim_text('contacts.FIELD') ~ ' is not null', 'address_line_1 city state postal_code') }}
            as is_here,
        {{ any_field('exports.FIELD is not null', 'address_line_1 city state postal_code') }} as is_in_kajabi,
        {{ any_field(
            "(" ~ differs('contacts.FIELD', 'exports.FIELD')
            ~ " and lower(" ~ trim_text('contacts.FIELD') ~ ") is distinct from lower(exports.FIELD)"
            ~ " and 'FIELD' = any(contact_columns.found))",
            address_fields()
        ) }} as is_different
    from old_import_matches
    inner join exports on old_import_matches.row_number = exports.row_number
    inner join contacts on old_import_matches.contact_id = contacts.id
    cross join contact_columns
    where old_import_matches.is_deciding
),

address_evaluation as (
    select
        contacts.id as contact_id,
        compared.row_number,
        contacts.email,
        case
            when compared.contact_id is null then 'only_in_database'
            when not compared.is_here and not compared.is_in_kajabi then 'match'
            when not compared.is_in_kajabi then 'missing_in_kajabi'
            when not compared.is_here then 'missing_here'
            when compared.is_different then 'needs_update'
            else 'match'
        end as evaluation
    from contacts
    left join compared on contacts.id = compared.contact_id
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
