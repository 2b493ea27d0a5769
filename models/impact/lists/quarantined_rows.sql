{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row that is quarantined, and why: by matching, or outside of a restricted plan.
with matches as (select * from {{ ref('contact_matches') }} where status = 'held'),

outside_plan as (select * from {{ ref('contact_writes') }} where not is_in_plan),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

hold_reasons as (select * from {{ ref('hold_reasons') }}),

held as (
    select row_number, contact_id, hold_reason from matches
    union all
    select row_number, contact_id, 'not_in_this_plan' from outside_plan
),

quarantined_rows as (
    select
        held.row_number,
        exports.email,
        exports.kajabi_id,
        held.contact_id,
        held.hold_reason,
        hold_reasons.label,
        hold_reasons.settle_with,
        hold_reasons.remedy
    from held
    inner join exports on held.row_number = exports.row_number
    inner join hold_reasons on held.hold_reason = hold_reasons.hold_reason
)

select * from quarantined_rows
