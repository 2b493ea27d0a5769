{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}]) }}
-- One row per differing contact: whether Kajabi's address may be followed as a whole.
-- Only if all six of our parts are what Kajabi gave last time, and Kajabi leaves none of them blank now:
-- a part that stays behind would belong to another address. While a part waits, both must have been so then as well.
with three_way_cells as (select * from {{ ref('three_way_cells') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

field_policies as (select * from {{ ref('field_policies') }} where is_address),

-- an open conflict brings the baseline that it was opened with, as in `field_differences`
parts as (
    select
        three_way_cells.contact_id,
        three_way_cells.our_text,
        case
            when not coalesce(is_malformed_line_2 or is_invalid, false) then three_way_cells.kajabi_value
        end as kajabi_value,
        case
            when three_way_cells.is_open_conflict then three_way_cells.conflict_baseline_value
            else three_way_cells.baseline_value
        end as baseline_value,
        -- to follow, this very person must be in the baseline: what it does not know of them proves nothing
        coalesce(three_way_cells.was_in_baseline, baseline_rows.row_number is not null) as is_in_baseline,
        not three_way_cells.is_open_conflict or coalesce(was_address_given, false) as was_given_then
    from three_way_cells
    inner join field_policies on three_way_cells.field = field_policies.field
    left join baseline_rows on three_way_cells.row_number = baseline_rows.row_number
),

compared_units as (
    select
        contact_id,
        bool_and(is_in_baseline and was_given_then and our_text is not distinct from baseline_value)
            as is_address_given,
        bool_and(our_text is null or kajabi_value is not null) as is_address_complete
    from parts
    group by contact_id
),

address_survivorship as (
    select
        contact_id,
        is_address_given,
        is_address_given and is_address_complete as is_address_followed
    from compared_units
)

select * from address_survivorship
