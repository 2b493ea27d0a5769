-- The guards that read every row of the file, and nothing but what dbt built with this plan: not the ledger, nor the
-- contacts. What they read stays as it is from here to the end of the transaction: dbt waits for its readers.
-- They are named here one by one, because asking the whole verdict would lock the contacts for its one live guard.
-- The columns, and when a guard has passed, are those of `guard_verdict`.
with answers as (
    select 'guard_ambiguous_matches' as guard, count(*) as violations from kajabi_guard.guard_ambiguous_matches
    union all
    select 'guard_mixed_addresses', count(*) from kajabi_guard.guard_mixed_addresses
    union all
    select 'guard_export_shrank', count(*) from kajabi_guard.guard_export_shrank
    union all
    select 'guard_unusual_volume', count(*) from kajabi_guard.guard_unusual_volume
    union all
    select 'guard_spreadsheet_damage', count(*) from kajabi_guard.guard_spreadsheet_damage
    union all
    select 'guard_shifted_rows', count(*) from kajabi_guard.guard_shifted_rows
)

select
    guards.guard,
    guards.passed_label as label,
    guards.is_overridable,
    answers.violations,
    answers.violations = 0 as passed
from kajabi_guard.guards
inner join answers on guards.guard = answers.guard
