-- One row per planned value that is blank where the contact holds one.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

guard_blank_over_value as (
    select
        merge_plan.contact_id,
        seen.key as field
    from merge_plan
    cross join lateral jsonb_each_text(merge_plan.contact_as_seen) as seen
    where
        to_jsonb(merge_plan) ? seen.key
        and {{ trim_text('seen.value') }} is not null
        and {{ trim_text('to_jsonb(merge_plan) ->> seen.key') }} is null
)

select * from guard_blank_over_value
