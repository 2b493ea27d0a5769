{# Invariant: every difference is in `field_decisions` exactly once, with our value as the picture has it, and nothing
   else is there. A difference is a value of Kajabi's that is not ours, trimmed; or a blank of Kajabi's over a value of
   ours, where the baseline had a value, a conflict is open with both sides as they were, or an override holds.
   It guards the short cut of the decisions, which compares wide rows first and unpivots only the few that differ.
   A field forgotten there would never be filled, reviewed or reported, and no count would show it.
   So the differences are found here a second time, field by field, for every matched contact. #}
{% macro every_difference_is_decided_once() -%}
    with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

    exports as (select * from {{ ref('stg_kajabi__contacts') }}),

    contacts as (select * from {{ ref('stg_crm__contacts') }}),

    baseline_rows as (select * from {{ ref('baseline_rows') }}),

    baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

    contact_columns as (select * from {{ ref('stg_crm__columns') }}),

    open_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

    active_overrides as (select * from {{ ref('active_overrides') }}),

    field_decisions as (select * from {{ ref('field_decisions') }}),

    every_difference as (
        select
            matches.contact_id,
            each_field.*
        from matches
        inner join exports on matches.row_number = exports.row_number
        inner join contacts on matches.contact_id = contacts.id
        left join baseline_rows on matches.row_number = baseline_rows.row_number
        left join baseline on baseline_rows.baseline_row_number = baseline.row_number
        cross join lateral (
            {{ unpivot_fields(['contacts', 'exports', 'baseline'], planned_fields()) }}
        ) as each_field (field, ours, theirs, baseline_text)
        -- a site without a column has nothing to decide about it
        inner join contact_columns on each_field.field = contact_columns.column_name
        where
            -- rows that are the same byte for byte have no difference
            ({{ list_fields('contacts.FIELD', planned_fields()) }})
            is distinct from ({{ list_fields('exports.FIELD', planned_fields()) }})
            and (
                each_field.theirs <> coalesce({{ trim_text('each_field.ours') }}, '')
                or (each_field.theirs is null and {{ trim_text('each_field.ours') }} is not null)
            )
    ),

    differences as (
        select
            every_difference.contact_id,
            every_difference.field,
            every_difference.ours
        from every_difference
        left join open_conflicts
            on
                every_difference.contact_id = open_conflicts.contact_id
                and every_difference.field = open_conflicts.field
                and open_conflicts.kajabi_value is null
                and every_difference.ours = open_conflicts.our_value
        left join active_overrides
            on every_difference.contact_id = active_overrides.contact_id and every_difference.field = active_overrides.field
        where
            every_difference.theirs is not null
            or (
                every_difference.field not in ('kajabi_id', 'kajabi_member_id')
                and (
                    {{ clean_text('every_difference.baseline_text', 'every_difference.field') }} is not null
                    or open_conflicts.contact_id is not null
                    or active_overrides.contact_id is not null
                )
            )
    ),

    bad_rows as (
        select
            coalesce(differences.contact_id, field_decisions.contact_id) as contact_id,
            coalesce(differences.field, field_decisions.field) as field,
            count(differences.contact_id) as count_differences,
            count(field_decisions.contact_id) as count_decisions
        from differences
        full outer join field_decisions
            on
                differences.contact_id = field_decisions.contact_id
                and differences.field = field_decisions.field
        group by 1, 2
        having
            count(differences.contact_id) <> 1
            or count(field_decisions.contact_id) <> 1
            or bool_or(differences.ours is distinct from field_decisions.our_value)
    )

    select * from bad_rows
{%- endmacro %}
