-- One row: what became of the corrections that were sent to Kajabi.
with corrections_returned as (select * from {{ ref('corrections_returned') }}),

correction_figures as (
    select
        count(*) as sent,
        count(*) filter (where outcome = 'arrived') as arrived,
        count(*) filter (where outcome = 'not_yet') as not_yet,
        count(*) filter (where outcome = 'otherwise') as otherwise
    from corrections_returned
)

select * from correction_figures
