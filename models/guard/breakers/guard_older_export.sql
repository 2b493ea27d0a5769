-- One row where the newest contact of this export is older than that of the baseline, by date and by id.
with export_measures as (select * from {{ ref('export_measures') }}),

guard_older_export as (
    select
        max(newest_value) filter (where measure = 'newest_created_at') as newest_created_at,
        max(baseline_value) filter (where measure = 'newest_created_at') as baseline_created_at
    from export_measures
    -- a file without one of the two is judged by the other
    having
        bool_and(
            newest_value collate "C" < baseline_value collate "C"
        ) filter (where measure in ('newest_created_at', 'highest_id') and newest_value is not null)
)

select * from guard_older_export
