{# Invariant: `rejected_updates` holds every value that is kept against Kajabi's, once each, under its rule.
   It guards the list that people review. It joins contacts and rules, and a value that falls out of those joins would
   be refused in silence: nobody would ever be asked about it. #}
{% macro every_kept_value_is_shown() -%}
    with kept as (
        select contact_id, field, rule, needs_review from {{ ref('field_decisions') }} where action = 'keep'
    ),

    shown as (select contact_id, field, rule, needs_review from {{ ref('rejected_updates') }}),

    lost as (
        select * from kept
        except all
        select * from shown
    ),

    added as (
        select * from shown
        except all
        select * from kept
    ),

    bad_rows as (
        select *, 'not shown' as finding from lost
        union all
        select *, 'not kept' as finding from added
    )

    select * from bad_rows
{%- endmacro %}
