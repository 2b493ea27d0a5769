-- One row per differing contact: whether Kajabi's address may be followed as a whole.
-- Only if all six of our parts are what Kajabi gave last time, and Kajabi leaves none of them blank now:
-- a part that stays behind would belong to another address.
with differing_contacts as (select * from {{ ref('differing_contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

accepted_rows as (select * from {{ ref('accepted_rows') }}),

last_accepted as (select * from {{ ref('stg_kajabi__last_accepted') }}),

open_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

parts as (
    select
        differing_contacts.contact_id,
        part.field,
        part.present_value,
        {{ trim_text('part.present_value') }} as present_text,
        {{ clean_text('part.incoming_text', 'part.field') }} as incoming_value,
        {{ clean_text('part.base_text', 'part.field') }} as base_value,
        last_accepted.row_number is not null as is_in_base,
        part.is_malformed
    from differing_contacts
    inner join exports on differing_contacts.row_number = exports.row_number
    inner join contacts on differing_contacts.contact_id = contacts.id
    left join accepted_rows on differing_contacts.row_number = accepted_rows.row_number
    left join last_accepted on accepted_rows.base_row_number = last_accepted.row_number
    cross join lateral (
        values
        ('address_line_1', contacts.address_line_1, exports.address_line_1, last_accepted.address_line_1, false),
        (
            'address_line_2', contacts.address_line_2, exports.address_line_2, last_accepted.address_line_2,
            {{ is_malformed_line_2('exports.address_line_2', 'exports.address_line_1', 'exports.city') }}
        ),
        ('city', contacts.city, exports.city, last_accepted.city, false),
        ('state', contacts.state, exports.state, last_accepted.state, false),
        ('postal_code', contacts.postal_code, exports.postal_code, last_accepted.postal_code, false),
        ('country', contacts.country, exports.country, last_accepted.country, false)
    ) as part (field, present_value, incoming_text, base_text, is_malformed)
),

-- an open conflict brings the base that it was opened with, as in `field_differences`
remembered as (
    select
        parts.contact_id,
        parts.present_text,
        case when not coalesce(parts.is_malformed, false) then parts.incoming_value end as incoming_value,
        case
            when open_conflicts.contact_id is not null then open_conflicts.base_value else parts.base_value
        end as base_value,
        coalesce(open_conflicts.was_in_base, parts.is_in_base) as is_in_base
    from parts
    left join open_conflicts
        on
            parts.contact_id = open_conflicts.contact_id
            and parts.field = open_conflicts.field
            and parts.incoming_value is not distinct from open_conflicts.incoming_value
            and parts.present_value is not distinct from open_conflicts.present_value
),

address_units as (
    select
        contact_id,
        bool_and(is_in_base and present_text is not distinct from base_value)
        and bool_and(present_text is null or incoming_value is not null) as is_address_followed
    from remembered
    group by contact_id
)

select * from address_units
