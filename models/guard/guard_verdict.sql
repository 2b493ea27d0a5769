-- One row per expected guard: how many violations it found, and whether it lets the write go on.
with guards as (select * from {{ ref('guards') }}),

violations as (
    select 'guard_protected_values' as guard, count(*) as violations from {{ ref('guard_protected_values') }}
    union all
    select 'guard_blank_over_value', count(*) from {{ ref('guard_blank_over_value') }}
    union all
    select 'guard_undecided_values', count(*) from {{ ref('guard_undecided_values') }}
    union all
    select 'guard_ambiguous_matches', count(*) from {{ ref('guard_ambiguous_matches') }}
    union all
    select 'guard_recreated_duplicates', count(*) from {{ ref('guard_recreated_duplicates') }}
    union all
    select 'guard_stale_plan', count(*) from {{ ref('guard_stale_plan') }}
    union all
    select 'guard_mixed_addresses', count(*) from {{ ref('guard_mixed_addresses') }}
    union all
    select 'guard_export_shrank', count(*) from {{ ref('guard_export_shrank') }}
    union all
    select 'guard_older_export', count(*) from {{ ref('guard_older_export') }}
    union all
    select 'guard_unusual_volume', count(*) from {{ ref('guard_unusual_volume') }}
    union all
    select 'guard_spreadsheet_damage', count(*) from {{ ref('guard_spreadsheet_damage') }}
    union all
    select 'guard_shifted_rows', count(*) from {{ ref('guard_shifted_rows') }}
),

guard_verdict as (
    select
        guards.position,
        guards.guard,
        guards.passed_label as label,
        guards.is_overridable,
        violations.violations,
        -- a guard that did not answer did not pass
        coalesce(violations.violations = 0, false) as passed
    from guards
    left join violations on guards.guard = violations.guard
)

select * from guard_verdict order by position
