-- One row: what became of the corrections that were sent to Kajabi.
with correction_outcomes as (select * from {{ ref('correction_outcomes') }}),

correction_figures as (
    select
        count(*) as sent,
        count(*) filter (where outcome = 'arrived') as arrived,
        count(*) filter (where outcome = 'not_yet') as not_yet,
        count(*) filter (where outcome = 'otherwise') as otherwise
    from correction_outcomes
)

select * from correction_figures
