{# Invariant: every label that people see has between 1 and 40 characters.
   It guards the report: a longer label is cut off in the terminal, and two rules would read the same. #}
{% macro labels_fit() -%}
    with labels as (
        select 'decision_rules' as seed, rule as row_name, label from {{ ref('decision_rules') }}
        union all
        select 'guards', guard, passed_label from {{ ref('guards') }}
        union all
        select 'guards', guard, failed_label from {{ ref('guards') }}
        union all
        select 'hold_reasons', hold_reason, label from {{ ref('hold_reasons') }}
        union all
        select 'source_priorities', source, label from {{ ref('source_priorities') }}
    ),

    bad_rows as (
        select
            seed,
            row_name,
            label
        from labels
        where coalesce(length(btrim(label)), 0) not between 1 and 40
    )

    select * from bad_rows
{%- endmacro %}
