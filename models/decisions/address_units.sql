-- One row per differing contact: whether Kajabi's address may be followed as a whole.
-- Only if all six of our parts are what Kajabi gave last time, and Kajabi leaves none of them blank now:
-- a part that stays behind would belong to another address. While a part waits, both must have been so then as well.
with compared_cells as (select * from {{ ref('compared_cells') }}),

accepted_rows as (select * from {{ ref('accepted_rows') }}),

field_policies as (select * from {{ ref('field_policies') }} where is_address),

standing_conflicts as (select * from {{ ref('standing_conflicts') }}),

-- an open conflict brings the base that it was opened with, as in `field_differences`
parts as (
    select
        compared_cells.contact_id,
        compared_cells.present_text,
        case when not coalesce(is_malformed_line_2, false) then compared_cells.incoming_value end as incoming_value,
        case
            when standing_conflicts.contact_id is not null then standing_conflicts.base_value
            else compared_cells.base_value
        end as base_value,
        -- to follow, this very person must be in the base: what it does not know of them proves nothing
        coalesce(standing_conflicts.was_in_base, accepted_rows.row_number is not null) as is_in_base,
        standing_conflicts.contact_id is null or coalesce(was_address_given, false) as was_given_then
    from compared_cells
    inner join field_policies on compared_cells.field = field_policies.field
    left join accepted_rows on compared_cells.row_number = accepted_rows.row_number
    left join standing_conflicts
        on
            compared_cells.contact_id = standing_conflicts.contact_id
            and compared_cells.field = standing_conflicts.field
),

compared_units as (
    select
        contact_id,
        bool_and(is_in_base and was_given_then and present_text is not distinct from base_value) as is_address_given,
        bool_and(present_text is null or incoming_value is not null) as is_address_complete
    from parts
    group by contact_id
),

address_units as (
    select
        contact_id,
        is_address_given,
        is_address_given and is_address_complete as is_address_followed
    from compared_units
)

select * from address_units
