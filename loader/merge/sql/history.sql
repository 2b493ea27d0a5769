-- Runs, newest first; of each, the run that undid it, and the last of those that took each other back. An undo and
-- those that went on with it are one step, named by the newest of them.
with recursive done as (
    select
        run_id,
        undoes_run,
        max(run_id) over (partition by coalesce(undoes_run, -run_id)) as step_run
    from kajabi_ledger.merge_runs
    where status in ('applied', 'undone')
),

undone as (
    select
        done.run_id,
        done.step_run as last_run,
        0 as steps
    from done
    union all
    select
        undone.run_id,
        later.step_run as last_run,
        undone.steps + 1 as steps
    from undone
    inner join done as later on undone.last_run = later.undoes_run and later.run_id = later.step_run
),

ends as (
    select distinct on (run_id) * from undone
    order by run_id asc, steps desc
)

select
    runs.run_id,
    runs.status,
    case
        when coalesce(ends.steps, 0) = 0 then ''
        when mod(ends.steps, 2) = 1 then 'undone by ' || ends.last_run
        else 'again as ' || ends.last_run
    end as what_became_of_it,
    runs.kind,
    runs.undoes_run,
    runs.continues_run,
    left(runs.fingerprint, 8) as fingerprint,
    loads.file_name,
    to_char(runs.finished_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as finished_at_utc,
    runs.done_by,
    runs.is_partial,
    runs.updated_contacts,
    runs.inserted_contacts,
    runs.removed_contacts,
    runs.values_written,
    runs.links_written,
    runs.differences,
    runs.values_kept,
    runs.values_for_review,
    runs.rows_quarantined as rows_held,
    runs.values_left,
    runs.contacts_left,
    runs.refusal
from kajabi_ledger.merge_runs as runs
left join ends on runs.run_id = ends.run_id
left join kajabi_raw.loads as loads on runs.load_id = loads.load_id
order by runs.run_id desc
limit %(limit)s
