-- Where the plan that was made last stands: one row, none where there is no plan.
select
    plan_summary.load_id,
    plan_summary.fingerprint,
    plan_summary.is_partial,
    plan_summary.count_updates,
    plan_summary.count_inserts,
    (
        select max(runs.run_id) from kajabi_ledger.merge_runs as runs
        where runs.fingerprint = plan_summary.fingerprint and runs.status = 'applied' and runs.kind <> 'undo'
    ) as applied_as_run,
    -- an undo is not in the plan
    exists(
        select from kajabi_ledger.merge_runs as runs
        where runs.kind = 'undo' and runs.status = 'applied' and runs.finished_at > plan_summary.planned_at
    ) as has_newer_undo,
    (select count(*) from kajabi_guard.field_decisions where needs_review) as count_values_waiting,
    (select count(*) from kajabi_guard.contact_matches where status = 'held' and hold_reason <> 'not_in_this_plan')
        as count_rows_waiting
from kajabi_guard.plan_summary
