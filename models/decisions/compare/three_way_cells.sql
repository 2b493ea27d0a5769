{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per differing contact and field: ours, Kajabi's now, and Kajabi's in the last accepted export, cleaned alike.
with differing_contacts as (select * from {{ ref('differing_contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

contact_columns as (select * from {{ ref('stg_crm__columns') }}),

-- with a base, what is new in Kajabi is new for everybody: for people whom the base does not know as well
base as (select count(*) > 0 as is_known from baseline),

three_way_cells as (
    select
        differing_contacts.contact_id,
        differing_contacts.row_number,
        each_field.field,
        each_field.present_value,
        {{ trim_text('each_field.present_value') }} as present_text,
        each_field.incoming_text,
        {{ clean_text('each_field.incoming_text', 'each_field.field') }} as incoming_value,
        each_field.base_text,
        {{ clean_text('each_field.base_text', 'each_field.field') }} as base_value,
        base.is_known as is_in_base,
        each_field.field = 'address_line_2'
        and {{ is_malformed_line_2('each_field.incoming_text', 'exports.address_line_1', 'exports.city') }}
            as is_malformed_line_2
    from differing_contacts
    inner join exports on differing_contacts.row_number = exports.row_number
    inner join contacts on differing_contacts.contact_id = contacts.id
    cross join base
    left join baseline_rows on differing_contacts.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.base_row_number = baseline.row_number
    cross join lateral (
        {{ unpivot_fields(['contacts', 'exports', 'baseline'], planned_fields()) }}
    ) as each_field (field, present_value, incoming_text, base_text)
    -- what this site has no column for is never read
    inner join contact_columns on each_field.field = contact_columns.column_name
)

select * from three_way_cells
