{# Invariant: the figures of the report about values are those of the decisions, and the cells that the plan writes are
   as many as its figures say.
   It guards the numbers in the terminal and the JSON, and the pictures and lists of impact.html beside them: the
   outcomes, from which the figures are summed, are counted here a second time.
   A picture that says something else than the figures is believed. #}
{% macro outcomes_are_the_figures() -%}
    with figures as (
        select
            max(figure_value) filter (where figure = 'fill') as fill,
            max(figure_value) filter (where figure = 'update') as update,
            max(figure_value) filter (where figure = 'link') as link,
            max(figure_value) filter (where figure = 'keep') as keep,
            max(figure_value) filter (where figure = 'needs_review') as needs_review
        from {{ ref('impact_summary') }}
        where section = 'values'
    ),

    planned as (select contact_id from {{ ref('contact_writes') }} where is_in_plan),

    field_decisions as (
        select
            *,
            contact_id in (select contact_id from planned) as is_in_plan
        from {{ ref('field_decisions') }}
    ),

    planned_cells as (select * from {{ ref('planned_cells') }}),

    decided as (
        select
            count(*) filter (where action = 'fill' and is_in_plan) as fill,
            count(*) filter (where action = 'update' and is_in_plan) as update,
            count(*) filter (where action = 'link' and is_in_plan) as link,
            count(*) filter (where action = 'keep' or (action <> 'none' and not is_in_plan)) as keep,
            count(*) filter (where needs_review) as needs_review
        from field_decisions
    ),

    listed as (
        select
            count(*) filter (where action = 'fill') as fill,
            count(*) filter (where action = 'update') as update,
            count(*) filter (where action = 'link') as link
        from planned_cells
    ),

    bad_rows as (
        select decided.*
        from figures
        cross join decided
        cross join listed
        where
            (decided.fill, decided.update, decided.link, decided.keep, decided.needs_review)
            is distinct from (figures.fill, figures.update, figures.link, figures.keep, figures.needs_review)
            or (listed.fill, listed.update, listed.link) is distinct from (figures.fill, figures.update, figures.link)
    )

    select * from bad_rows
{%- endmacro %}
