{# Invariant: `quarantined_rows` holds every row that matching held and every write outside of a restricted plan, once
   each, with the reason it was held for.
   It guards the list that people work through. It joins the reasons, and a reason that the seed lost would take its
   rows with it: people of Kajabi's who are neither written nor shown. #}
{% macro every_held_row_is_shown() -%}
    with expected as (
        select row_number, hold_reason from {{ ref('contact_matches') }} where status = 'held'
        union all
        select row_number, 'not_in_this_plan' from {{ ref('contact_writes') }} where not is_in_plan
    ),

    shown as (select row_number, hold_reason from {{ ref('quarantined_rows') }}),

    lost as (
        select * from expected
        except all
        select * from shown
    ),

    added as (
        select * from shown
        except all
        select * from expected
    ),

    bad_rows as (
        select *, 'not shown' as finding from lost
        union all
        select *, 'not held' as finding from added
    )

    select * from bad_rows
{%- endmacro %}
