-- One row per measure that fell too far against the baseline: rows, or the filled share of a column.
-- Without one: too few rows for the contacts that have a Kajabi id. Not for an empty contacts table.
with export_measures as (select * from {{ ref('export_measures') }}),

counted as (
    select
        measure,
        newest_value::bigint as newest_count,
        baseline_value::bigint as baseline_count
    from export_measures
    where measure = 'count_rows' or starts_with(measure, 'filled_')
),

totals as (select newest_count, baseline_count from counted where measure = 'count_rows'),

known_here as (
    select
        count(*) as count_contacts,
        count({{ trim_text('kajabi_id') }}) as count_with_id
    from {{ ref('stg_crm__contacts') }}
    where not is_deleted
),

guard_export_shrank as (
    select 'rows' as measure, totals.baseline_count as expected, totals.newest_count as found
    from totals
    where totals.newest_count * 100 < totals.baseline_count * (100 - {{ var('shrink_limit_percent') }})
    union all
    select counted.measure, counted.baseline_count, counted.newest_count
    from counted
    cross join totals
    where
        counted.measure <> 'count_rows'
        -- in a small export one cleared cell is many points already
        and counted.baseline_count - counted.newest_count >= {{ var('filled_limit_values') }}
        and 100.0 * counted.newest_count / nullif(totals.newest_count, 0)
        < 100.0 * counted.baseline_count / totals.baseline_count - {{ var('filled_limit_points') }}
    union all
    select 'rows for our Kajabi ids', known_here.count_with_id, totals.newest_count
    from totals
    cross join known_here
    where
        totals.baseline_count is null
        -- an export has a row, or `load` refuses it: none means that nothing was loaded yet
        and totals.newest_count > 0
        and known_here.count_contacts > 0
        and totals.newest_count * 100 < known_here.count_with_id * (100 - {{ var('shrink_limit_percent') }})
)

select * from guard_export_shrank
