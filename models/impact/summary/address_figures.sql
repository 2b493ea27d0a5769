-- One row: how our addresses and Kajabi's compare.
with address_evaluation as (select * from {{ ref('address_evaluation') }}),

address_figures as (
    select
        count(*) filter (where evaluation = 'match') as match,
        count(*) filter (where evaluation = 'needs_update') as needs_update,
        count(*) filter (where evaluation = 'missing_in_kajabi') as missing_in_kajabi,
        count(*) filter (where evaluation = 'missing_here') as missing_here,
        count(*) filter (where evaluation = 'only_in_export') as only_in_export,
        count(*) filter (where evaluation = 'only_in_database') as only_in_database
    from address_evaluation
)

select * from address_figures
