-- The last run that wrote the plan that stands, with the guards that somebody accepted for it; and the run that undid
-- it since, where one did: an undo that went on with an earlier one's leftovers says what is left now.
with runs as (
    select runs.*
    from kajabi_ledger.merge_runs as runs
    inner join kajabi_guard.plan_summary on runs.fingerprint = plan_summary.fingerprint
    where runs.status in ('applied', 'undone')
),

written as (
    select * from runs
    where kind <> 'undo'
    order by run_id desc
    limit 1
)

select
    written.run_id,
    written.finished_at,
    written.done_by,
    undone.run_id as undone_by_run,
    undone.finished_at as undone_at,
    undone.done_by as undone_by,
    undone.values_left,
    undone.contacts_left,
    (
        select coalesce(jsonb_object_agg(accepted.guard, accepted.because), '{}'::jsonb)
        from kajabi_ledger.guard_overrides as accepted
        -- a redo writes again what somebody accepted when the plan was applied
        where accepted.run_id = coalesce(written.about_run, written.run_id)
    ) as accepted
from written
left join lateral (
    select * from runs
    where runs.kind = 'undo' and runs.undoes_run = written.run_id
    order by runs.run_id desc
    limit 1
) as undone on written.status = 'undone'
