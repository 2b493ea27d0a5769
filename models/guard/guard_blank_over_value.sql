-- One row per planned value that is blank where the contact holds one.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

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
        -- only deciding for Kajabi's address as a whole may clear a line 2
        and not (
            seen.key = 'address_line_2'
            and exists (
                select from decisions_taken
                where decisions_taken.contact_id = merge_plan.contact_id
                    and decisions_taken.field = 'address' and decisions_taken.verdict = 'kajabi'
            )
        )
)

select * from guard_blank_over_value
