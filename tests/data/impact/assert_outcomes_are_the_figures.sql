-- Invariant: the outcomes field by field, and the cells that the plan writes, are the figures of the report.
-- It guards the pictures and lists of impact.html against the numbers in the terminal and the JSON.
-- A picture that says something else than the figures is believed.
with figures as (select * from {{ ref('value_figures') }}),

field_outcomes as (select * from {{ ref('field_outcomes') }}),

planned_cells as (select * from {{ ref('planned_cells') }}),

drawn as (
    select
        coalesce(sum(count_values) filter (where outcome = 'fill'), 0) as fill,
        coalesce(sum(count_values) filter (where outcome = 'update'), 0) as update,
        coalesce(sum(count_values) filter (where outcome = 'link'), 0) as link,
        coalesce(sum(count_values) filter (where outcome in ('keep', 'wait')), 0) as keep,
        coalesce(sum(count_needs_review), 0) as needs_review
    from field_outcomes
),

listed as (
    select
        count(*) filter (where action = 'fill') as fill,
        count(*) filter (where action = 'update') as update,
        count(*) filter (where action = 'link') as link
    from planned_cells
),

bad_rows as (
    select drawn.*
    from figures
    cross join drawn
    cross join listed
    where
        (drawn.fill, drawn.update, drawn.link, drawn.keep, drawn.needs_review)
        is distinct from (figures.fill, figures.update, figures.link, figures.keep, figures.needs_review)
        or (listed.fill, listed.update, listed.link) is distinct from (figures.fill, figures.update, figures.link)
)

select * from bad_rows
