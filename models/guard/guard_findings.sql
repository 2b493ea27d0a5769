-- One row per guard that answers: how many violations it found, and each of them as it stands in the guard.
with answers as (
    select 'guard_protected_values' as guard, jsonb_agg(found) as findings
    from {{ ref('guard_protected_values') }} as found
    union all
    select 'guard_blank_over_value', jsonb_agg(found) from {{ ref('guard_blank_over_value') }} as found
    union all
    select 'guard_undecided_values', jsonb_agg(found) from {{ ref('guard_undecided_values') }} as found
    union all
    select 'guard_ambiguous_matches', jsonb_agg(found) from {{ ref('guard_ambiguous_matches') }} as found
    union all
    select 'guard_recreated_duplicates', jsonb_agg(found) from {{ ref('guard_recreated_duplicates') }} as found
    union all
    select 'guard_stale_plan', jsonb_agg(found) from {{ ref('guard_stale_plan') }} as found
    union all
    select 'guard_broken_keys', jsonb_agg(found) from {{ ref('guard_broken_keys') }} as found
    union all
    select 'guard_mixed_addresses', jsonb_agg(found) from {{ ref('guard_mixed_addresses') }} as found
    union all
    select 'guard_export_shrank', jsonb_agg(found) from {{ ref('guard_export_shrank') }} as found
    union all
    select 'guard_older_export', jsonb_agg(found) from {{ ref('guard_older_export') }} as found
    union all
    select 'guard_unusual_volume', jsonb_agg(found) from {{ ref('guard_unusual_volume') }} as found
    union all
    select 'guard_spreadsheet_damage', jsonb_agg(found) from {{ ref('guard_spreadsheet_damage') }} as found
    union all
    select 'guard_shifted_rows', jsonb_agg(found) from {{ ref('guard_shifted_rows') }} as found
),

guard_findings as (
    select
        guard,
        coalesce(jsonb_array_length(findings), 0)::bigint as violations,
        findings
    from answers
)

select * from guard_findings
