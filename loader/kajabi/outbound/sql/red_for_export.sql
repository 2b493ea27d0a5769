-- Guards about Kajabi's file that are red, and that nobody accepted when it was applied: from a damaged file, one
-- person's values would be sent under another one's email.
select
    verdict.guard,
    verdict.label,
    verdict.violations
from kajabi_guard.guard_verdict as verdict
where
    verdict.guard in (
        'guard_export_shrank', 'guard_older_export', 'guard_spreadsheet_damage', 'guard_shifted_rows',
        'guard_ambiguous_matches'
    )
    and not verdict.passed
    and not exists (
        select
        from kajabi_ledger.guard_overrides as overrides
        inner join kajabi_ledger.merge_runs as runs on overrides.run_id = runs.run_id
        where overrides.guard = verdict.guard and runs.status = 'applied' and runs.load_id = %(load_id)s
    )
order by verdict.position
