-- One row per differing contact: whether Kajabi's address may be followed as a whole.
-- Only if all six of our parts are what Kajabi gave last time, and Kajabi leaves none of them blank now:
-- a part that stays behind would belong to another address.
with differing_contacts as (select * from {{ ref('differing_contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

accepted_rows as (select * from {{ ref('accepted_rows') }}),

last_accepted as (select * from {{ ref('stg_kajabi__last_accepted') }}),

parts as (
    select
        differing_contacts.contact_id,
        {{ trim_text('part.present_value') }} as present_text,
        {{ clean_text('part.incoming_text', 'part.field') }} as incoming_value,
        {{ clean_text('part.base_text', 'part.field') }} as base_value
    from differing_contacts
    inner join exports on differing_contacts.row_number = exports.row_number
    inner join contacts on differing_contacts.contact_id = contacts.id
    inner join accepted_rows on differing_contacts.row_number = accepted_rows.row_number
    inner join last_accepted on accepted_rows.base_row_number = last_accepted.row_number
    cross join lateral (
        values
        ('address_line_1', contacts.address_line_1, exports.address_line_1, last_accepted.address_line_1),
        (
            'address_line_2', contacts.address_line_2,
            case
                when
                    not {{ is_malformed_line_2('exports.address_line_2', 'exports.address_line_1', 'exports.city') }}
                    then exports.address_line_2
            end,
            last_accepted.address_line_2
        ),
        ('city', contacts.city, exports.city, last_accepted.city),
        ('state', contacts.state, exports.state, last_accepted.state),
        ('postal_code', contacts.postal_code, exports.postal_code, last_accepted.postal_code),
        ('country', contacts.country, exports.country, last_accepted.country)
    ) as part (field, present_value, incoming_text, base_text)
),

address_units as (
    select
        contact_id,
        bool_and(present_text is not distinct from base_value)
        and bool_and(present_text is null or incoming_value is not null) as is_address_followed
    from parts
    group by contact_id
)

select * from address_units
