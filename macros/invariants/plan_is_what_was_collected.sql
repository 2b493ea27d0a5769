{# Invariant: `merge_plan` is `contact_writes` in plan, contact by contact and value by value, and `plan_summary` counts
   it.
   It guards the last step before a person reads the plan and the fingerprint is taken.
   A column forgotten in the wide plan would be null there, and the write would blank our value. #}
{% macro plan_is_what_was_collected() -%}
    with contact_writes as (select * from {{ ref('contact_writes') }} where is_in_plan),

    merge_plan as (select * from {{ ref('merge_plan') }}),

    plan_summary as (select * from {{ ref('plan_summary') }}),

    compared as (
        select
            coalesce(contact_writes.contact_id, merge_plan.contact_id) as contact_id,
            array(
                select planned.key
                from jsonb_each_text(to_jsonb(merge_plan)) as planned
                where
                    planned.key not in ('action', 'contact_id', 'row_number', 'field_rules', 'contact_as_seen')
                    and planned.value is distinct from contact_writes.final_values ->> planned.key
            ) as cells,
            (contact_writes.action is distinct from merge_plan.action)
            or (contact_writes.row_number is distinct from merge_plan.row_number)
            or (contact_writes.field_rules is distinct from merge_plan.field_rules)
            or (contact_writes.contact_as_seen is distinct from merge_plan.contact_as_seen) as is_another
        from contact_writes
        full outer join merge_plan on contact_writes.contact_id = merge_plan.contact_id
    ),

    counted as (
        select
            count(*) filter (where action = 'update') as count_updates,
            count(*) filter (where action = 'insert') as count_inserts
        from merge_plan
    ),

    bad_rows as (
        select
            contact_id::text as finding,
            cells
        from compared
        where cells <> '{}' or is_another
        union all
        select
            'plan_summary counts other rows' as finding,
            '{}' as cells
        from plan_summary
        cross join counted
        where
            plan_summary.count_updates <> counted.count_updates
            or plan_summary.count_inserts <> counted.count_inserts
    )

    select * from bad_rows
{%- endmacro %}
