{# Invariant: every row of every seed says why it is there.
   It guards the seeds as policy: an exception without a reason is one that nobody dares to take out again. #}
{% macro seed_rows_say_why() -%}
    with reasons as (
        select 'decision_rules' as seed, rule as row_name, why from {{ ref('decision_rules') }}
        union all
        select 'field_policies', field, why from {{ ref('field_policies') }}
        union all
        select 'guards', guard, why from {{ ref('guards') }}
        union all
        select 'hold_reasons', hold_reason, why from {{ ref('hold_reasons') }}
        union all
        select 'kajabi_columns', header, why from {{ ref('kajabi_columns') }}
        union all
        select 'placeholders', bracketed_placeholder, why from {{ ref('placeholders') }}
        union all
        select 'source_priorities', source, why from {{ ref('source_priorities') }}
    ),

    bad_rows as (
        select
            seed,
            row_name
        from reasons
        where coalesce(btrim(why), '') = ''
    )

    select * from bad_rows
{%- endmacro %}
