-- A run, what took it back, what took that back, and so on: the last one stands. An undo that went on with what an
-- earlier one had left is one step with it, named by the newest of them.
with recursive steps as (
    select
        runs.*,
        0 as step
    from kajabi_ledger.merge_runs as asked
    inner join kajabi_ledger.merge_runs as runs
        on
            asked.run_id = runs.run_id
            or (asked.undoes_run = runs.undoes_run and not 'refused' in (asked.status, runs.status))
    where asked.run_id = %(run_id)s
    union all
    select
        later.*,
        steps.step + 1 as step
    from steps
    inner join kajabi_ledger.merge_runs as later
        on steps.run_id = later.undoes_run and later.status in ('applied', 'undone')
)

select distinct on (steps.step)
    steps.run_id,
    array_agg(steps.run_id) over (partition by steps.step) as step_runs,
    steps.status,
    steps.kind,
    steps.undoes_run,
    coalesce(steps.about_run, steps.run_id) as about_run,
    steps.fingerprint,
    steps.load_id,
    steps.policy_version,
    steps.is_partial,
    (sum(steps.inserted_contacts) over (partition by steps.step))::bigint as inserted_contacts,
    (sum(steps.removed_contacts) over (partition by steps.step))::bigint as removed_contacts,
    -- what the newest of them left is what all of them have left
    steps.values_left + steps.contacts_left as count_left,
    (
        select max(standing.run_id) from kajabi_ledger.merge_runs as standing
        where standing.fingerprint = steps.fingerprint and standing.status = 'applied' and standing.kind <> 'undo'
    ) as plan_stands_as
from steps
order by steps.step asc, steps.run_id desc
