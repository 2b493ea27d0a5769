-- The plan that was made last, and whether it belongs to the newest load.
select
    plan_summary.load_id,
    plan_summary.fingerprint,
    plan_summary.policy_version,
    plan_summary.is_partial,
    plan_summary.count_updates,
    plan_summary.count_inserts,
    plan_summary.count_outside_plan,
    plan_summary.planned_at,
    newest.load_id as newest_load_id,
    newest.file_name,
    newest.loaded_at,
    newest.row_count,
    (
        select max(runs.run_id) from kajabi_ledger.merge_runs as runs
        where runs.fingerprint = plan_summary.fingerprint and runs.status = 'applied' and runs.kind <> 'undo'
    ) as applied_as_run
from kajabi_guard.plan_summary
cross join ( -- noqa: ST05
    select * from kajabi_raw.loads where newest_rank is not null order by newest_rank desc limit 1
) as newest
