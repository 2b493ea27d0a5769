-- One row per planned value that would go over another owner's, replace an id, or bring back what was undone.
-- Written apart from the rules and the seeds, from the contact as the plan saw it: a second opinion.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

field_sources as (select * from {{ source('kajabi_ledger', 'contact_field_sources') }}),

overrides as (select * from {{ source('kajabi_ledger', 'overrides') }}),

field_changes as (
    select *, {{ trim_text('written_value') }} as text from {{ source('kajabi_ledger', 'field_changes') }}
),

undone_values as (select * from {{ ref('stg_ledger__undone_values') }}),

plan_summary as (select * from {{ ref('plan_summary') }}),

changed as (
    select
        merge_plan.contact_id,
        merge_plan.contact_as_seen as seen,
        planned.key as field,
        {{ trim_text('merge_plan.contact_as_seen ->> planned.key') }} as seen_text,
        planned.value as final_value
    from merge_plan
    cross join lateral jsonb_each_text(to_jsonb(merge_plan) - '{contact_id, email, contact_as_seen}'::text[]) as planned
    where
        merge_plan.contact_as_seen ? planned.key
        and planned.value is distinct from merge_plan.contact_as_seen ->> planned.key
),

witnesses as (
    select
        changed.contact_id,
        changed.field,
        changed.final_value,
        changed.seen -> changed.field as seen_value,
        lower({{ trim_text('witness.source') }}) as source_label
    from changed
    left join field_sources on changed.contact_id = field_sources.contact_id and changed.field = field_sources.field
    cross join lateral (
        values
        (
            case
                when changed.field not in ('kajabi_id', 'kajabi_member_id') then changed.seen ->> 'source_system'
                when changed.seen_text is not null then 'another id'
            end
        ),
        (field_sources.source),
        (case when changed.field = 'phone' then changed.seen ->> 'phone_source' end),
        (case when changed.field ~ '^(add|city|state|post|country)' then changed.seen ->> 'billing_address_source' end),
        -- somebody changed here what this tool had written
        ((
            select case when coalesce(field_changes.text, '') <> changed.seen_text then 'edited here' end
            from field_changes
            where
                (field_changes.contact_id, field_changes.field) = (changed.contact_id, changed.field)
                -- what this very plan wrote is no edit: the verdict is asked after the write as well
                and (field_changes.our_value, field_changes.written_value)
                is distinct from (changed.seen ->> changed.field, changed.final_value)
            order by field_changes.run_id desc limit 1
        )),
        (case when {{ trim_text("changed.seen ->> ('paypal_' || changed.field)") }} is not null then 'paypal' end)
    ) as witness (source)
),

-- the newest word on each cell, and the value of Kajabi's that it was for; a word on an address is one on each part
latest_overrides as (
    select distinct on (overrides.contact_id, each_field.key)
        overrides.contact_id,
        each_field.key as field,
        each_field.value as decided_value,
        overrides.our_values,
        overrides.decision
    from overrides
    cross join lateral jsonb_each_text(overrides.kajabi_values) as each_field
    order by overrides.contact_id asc, each_field.key asc, overrides.override_id desc
),

-- the plan that was undone brings nothing back: whoever applies that very fingerprint again has asked for it
undone_values_planned as (
    select
        undone_values.contact_id,
        undone_values.field
    from undone_values
    inner join merge_plan on undone_values.contact_id = merge_plan.contact_id
    where
        merge_plan.contact_as_seen ->> undone_values.field is distinct from undone_values.undone_value
        and to_jsonb(merge_plan) ->> undone_values.field = undone_values.undone_value
        and not exists (select from plan_summary where plan_summary.fingerprint = undone_values.fingerprint)
        and not exists (
            select from overrides
            where
                overrides.contact_id = undone_values.contact_id
                and overrides.kajabi_values ? undone_values.field
                and overrides.decision = 'kajabi'
                and overrides.after_run >= undone_values.undone_by_run
        )
),

guard_protected_values as (
    select distinct
        witnesses.contact_id,
        witnesses.field,
        witnesses.source_label
    from witnesses
    -- a steward decided this very cell for this very value: their word, not a violation
    left join latest_overrides
        on
            witnesses.contact_id = latest_overrides.contact_id and witnesses.field = latest_overrides.field
            and latest_overrides.decision = 'kajabi'
            and coalesce(latest_overrides.our_values -> witnesses.field = witnesses.seen_value, true)
            and latest_overrides.decided_value is not distinct from witnesses.final_value
    where
        not starts_with(witnesses.source_label, 'kajabi')
        and latest_overrides.contact_id is null
    union
    select contact_id, field, 'undone here' from undone_values_planned
)

select * from guard_protected_values
