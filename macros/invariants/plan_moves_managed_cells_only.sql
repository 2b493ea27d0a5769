{# Invariant: the plan differs from the contact as seen only in cells that name their rule, and those are the managed
   fields and the two ids; an insert also has its email.
   It guards everything that an import must never write: the email, the source, the consent, the provenance.
   The old import relabelled every contact as Kajabi's on the way; nobody noticed until the origin was needed. #}
{% macro plan_moves_managed_cells_only() -%}
    with merge_plan as (select * from {{ ref('merge_plan') }}),

    field_policies as (select * from {{ ref('field_policies') }}),

    writable as (
        select field, null as action from field_policies
        union all
        select field, null from (values ('kajabi_id'), ('kajabi_member_id')) as ids (field)
        union all
        select 'email' as field, 'insert' as action
    ),

    moved_cells as (
        select
            merge_plan.contact_id,
            merge_plan.action,
            planned.key as field
        from merge_plan
        cross join lateral jsonb_each_text(
            to_jsonb(merge_plan) - array['action', 'contact_id', 'row_number', 'field_rules', 'contact_as_seen']
        ) as planned
        where planned.value is distinct from merge_plan.contact_as_seen ->> planned.key
    ),

    named_cells as (
        select
            merge_plan.contact_id,
            merge_plan.action,
            named.key as field
        from merge_plan
        cross join lateral jsonb_object_keys(merge_plan.field_rules) as named (key)
    ),

    bad_rows as (
        select
            coalesce(moved_cells.contact_id, named_cells.contact_id) as contact_id,
            coalesce(moved_cells.field, named_cells.field) as field
        from moved_cells
        full outer join named_cells
            on moved_cells.contact_id = named_cells.contact_id and moved_cells.field = named_cells.field
        left join writable
            on
                moved_cells.field = writable.field
                and moved_cells.action = coalesce(writable.action, moved_cells.action)
        where moved_cells.field is null or named_cells.field is null or writable.field is null
    )

    select * from bad_rows
{%- endmacro %}
