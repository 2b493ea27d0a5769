{{ config(materialized='table', indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per contact whose values differ in Kajabi, and column of a file: ours and Kajabi's, as a file would say them.
-- A table: cleaning costs, so it is done once a plan, and only for contacts that differ.
with contacts as (
    select id, {{ list_fields('FIELD', file_fields()) }}
    from {{ ref('stg_crm__contacts') }}
    where not is_deleted
),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (
    select row_number, {{ list_fields('FIELD', file_fields()) }}
    from {{ ref('stg_kajabi__contacts') }}
),

-- the wide rows are compared first, and these few are kept (`materialized`): only they are unpivoted and cleaned
differing_rows as materialized (
    select
        matches.contact_id,
        matches.row_number,
        contacts,
        exports
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    where
        {{ any_field(differs('contacts.FIELD', 'exports.FIELD'), file_fields()) }}
),

cells as (
    select
        differing_rows.contact_id,
        differing_rows.row_number,
        each_field.field,
        -- a phone without a digit is none
        case
            when each_field.field <> 'phone' or {{ clean_phone('each_field.our_value') }} is not null
                then {{ sendable_text('each_field.our_value') }}
        end as our_value,
        {{ clean_text('each_field.kajabi_text', 'each_field.field') }} as kajabi_value
    from differing_rows
    cross join lateral (
        {{ unpivot_fields(['(contacts)', '(exports)'], file_fields()) }}
    ) as each_field (field, our_value, kajabi_text)
),

-- one name: the parts joined, and whether ours lacks a part that Kajabi has
compared_values as (
    select
        contact_id,
        row_number,
        'name' as field,
        string_agg(our_value, ' ' order by field) as our_value,
        string_agg(kajabi_value, ' ' order by field) as kajabi_value,
        bool_or(our_value is null and kajabi_value is not null) as is_part_missing_here
    from cells
    where field in ('first_name', 'last_name')
    group by contact_id, row_number
    union all
    select contact_id, row_number, field, our_value, kajabi_value, our_value is null and kajabi_value is not null
    from cells
    where field not in ('first_name', 'last_name')
)

select * from compared_values
