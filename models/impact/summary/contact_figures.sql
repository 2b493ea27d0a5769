-- One row: how the contacts and the rows of the export meet. Every export row is matched, new or held.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

matches as (select * from {{ ref('contact_matches') }}),

contact_figures as (
    select
        (select count(*) from contacts) as in_database,
        count(*) as in_export,
        count(*) filter (where status = 'matched') as matched,
        (select count(*) from contacts) - count(*) filter (where status = 'matched') as only_in_database,
        count(*) filter (where status = 'new') as new,
        count(*) filter (where status = 'held') as held
    from matches
)

select * from contact_figures
