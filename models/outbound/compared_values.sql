{{ config(materialized='table') }}
-- One row per contact that Kajabi holds otherwise, and column of a file: ours and Kajabi's, as a file would say them.
-- A table: cleaning costs, so it is done once a plan, and only for contacts that differ.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

differing as (
    select
        contacts.id as contact_id,
        matches.row_number
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    where
        {{ trim_text('contacts.first_name') }} is distinct from exports.first_name
        or {{ trim_text('contacts.last_name') }} is distinct from exports.last_name
        or {{ trim_text('contacts.phone') }} is distinct from exports.phone
        or {{ trim_text('contacts.address_line_1') }} is distinct from exports.address_line_1
        or {{ trim_text('contacts.address_line_2') }} is distinct from exports.address_line_2
        or {{ trim_text('contacts.city') }} is distinct from exports.city
        or {{ trim_text('contacts.state') }} is distinct from exports.state
        or {{ trim_text('contacts.postal_code') }} is distinct from exports.postal_code
        or {{ trim_text('contacts.country') }} is distinct from exports.country
),

cells as (
    select
        differing.contact_id,
        differing.row_number,
        each_field.field,
        {{ sendable_text('each_field.present_value') }} as our_value,
        {{ clean_text('each_field.incoming_text', 'each_field.field') }} as kajabi_value
    from differing
    inner join contacts on differing.contact_id = contacts.id
    inner join exports on differing.row_number = exports.row_number
    cross join lateral (
        values
        ('first_name', contacts.first_name, exports.first_name),
        ('last_name', contacts.last_name, exports.last_name),
        (
            'phone',
            case when {{ clean_phone('contacts.phone') }} is not null then contacts.phone end,
            exports.phone
        ),
        ('address_line_1', contacts.address_line_1, exports.address_line_1),
        ('address_line_2', contacts.address_line_2, exports.address_line_2),
        ('city', contacts.city, exports.city),
        ('state', contacts.state, exports.state),
        ('postal_code', contacts.postal_code, exports.postal_code),
        ('country', contacts.country, exports.country)
    ) as each_field (field, present_value, incoming_text)
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
