-- One row per planned value that is blank where the contact holds one.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

overrides as (select * from {{ source('kajabi_ledger', 'overrides') }}),

decided_addresses as (
    select distinct on (contact_id)
        contact_id,
        decision,
        kajabi_values
    from overrides
    where field = 'address'
    order by contact_id asc, override_id desc
),

guard_blank_over_value as (
    select
        merge_plan.contact_id,
        planned.key as field
    from merge_plan
    cross join lateral jsonb_each_text(to_jsonb(merge_plan) - 'contact_as_seen') as planned
    left join decided_addresses on merge_plan.contact_id = decided_addresses.contact_id
    where
        {{ trim_text('planned.value') }} is null
        and {{ trim_text('merge_plan.contact_as_seen ->> planned.key') }} is not null
        -- only deciding for Kajabi's address as a whole, while its line 2 is blank, may clear ours
        and not coalesce(
            planned.key = 'address_line_2'
            and decided_addresses.decision = 'kajabi'
            and decided_addresses.kajabi_values -> 'address_line_2' = 'null',
            false
        )
)

select * from guard_blank_over_value
