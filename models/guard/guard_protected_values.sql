-- One row per planned value that would replace or fill a field of another owner.
-- Written apart from the rules and the seeds, from the contact as the plan saw it: a second opinion.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

field_sources as (select * from {{ source('kajabi_ledger', 'contact_field_sources') }}),

changed as (
    select
        merge_plan.contact_id,
        merge_plan.contact_as_seen as seen,
        planned.key as field
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

guard_protected_values as (
    select distinct
        contact_id,
        field,
        source_label
    from witnesses
    where source_label is not null and not starts_with(source_label, 'kajabi')
)

select * from guard_protected_values
