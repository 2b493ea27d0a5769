-- One row per planned value that would replace or fill a field of another owner.
-- Written apart from the rules and the seeds, from the contact as the plan saw it: a second opinion.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

field_sources as (select * from {{ source('kajabi_ledger', 'contact_field_sources') }}),

decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

field_changes as (select * from {{ source('kajabi_ledger', 'field_changes') }}),

changed as (
    select
        merge_plan.contact_id,
        merge_plan.contact_as_seen as seen,
        planned.key as field,
        planned.value as final_value
    from merge_plan
    cross join lateral jsonb_each_text(to_jsonb(merge_plan) - 'contact_id' - 'email') as planned
    where
        merge_plan.contact_as_seen ? planned.key
        and planned.key not in ('kajabi_id', 'kajabi_member_id')
        and planned.value is distinct from merge_plan.contact_as_seen ->> planned.key
),

witnesses as (
    select
        changed.contact_id,
        changed.field,
        changed.final_value,
        lower({{ trim_text('witness.source') }}) as source_label
    from changed
    left join field_sources on changed.contact_id = field_sources.contact_id and changed.field = field_sources.field
    cross join lateral (
        values
        (changed.seen ->> 'source_system'),
        (field_sources.source),
        (case when changed.field = 'phone' then changed.seen ->> 'phone_source' end),
        (
            case
                when changed.field in (
                    'address_line_1', 'address_line_2', 'city', 'state', 'postal_code', 'country'
                ) then changed.seen ->> 'billing_address_source'
            end
        ),
        -- somebody changed here what this tool had written
        ((
            select
                case
                    when field_changes.new_value <> {{ trim_text('changed.seen ->> changed.field') }} then 'edited here'
                end
            from field_changes
            where field_changes.contact_id = changed.contact_id and field_changes.field = changed.field
            order by field_changes.run_id desc limit 1
        )),
        (
            case
                when
                    changed.field in ('first_name', 'last_name', 'phone')
                    and {{ trim_text("changed.seen ->> ('paypal_' || changed.field)") }} is not null
                    then 'paypal'
            end
        )
    ) as witness (source)
),

-- a person decided this very cell for this very value: their word, not a violation
decided as (
    select distinct on (decisions_taken.contact_id, each_field.key)
        decisions_taken.contact_id,
        each_field.key as field,
        each_field.value as decided_value,
        decisions_taken.verdict
    from decisions_taken
    cross join lateral jsonb_each_text(decisions_taken.incoming_values) as each_field
    order by decisions_taken.contact_id asc, each_field.key asc, decisions_taken.decision_id desc
),

guard_protected_values as (
    select distinct
        witnesses.contact_id,
        witnesses.field,
        witnesses.source_label
    from witnesses
    left join decided
        on
            witnesses.contact_id = decided.contact_id and witnesses.field = decided.field
            and decided.verdict = 'kajabi' and decided.decided_value is not distinct from witnesses.final_value
    where
        witnesses.source_label is not null
        and not starts_with(witnesses.source_label, 'kajabi')
        and decided.contact_id is null
)

select * from guard_protected_values
