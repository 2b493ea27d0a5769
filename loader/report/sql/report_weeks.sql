-- The weeks so far, oldest first: how far we diverged from Kajabi at each write. Runs of before this was counted are
-- left out, and so are part plans: they are not a week.
select
    run_id,
    finished_at,
    file_name,
    differences,
    kept,
    needs_review,
    held,
    filled,
    inserted
from (
    select
        runs.run_id,
        to_char(runs.finished_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as finished_at,
        loads.file_name,
        runs.differences,
        runs.values_kept as kept,
        runs.values_for_review as needs_review,
        runs.rows_quarantined as held,
        runs.values_written as filled,
        runs.inserted_contacts as inserted
    from kajabi_ledger.merge_runs as runs
    left join kajabi_raw.loads as loads on runs.load_id = loads.load_id
    where
        not runs.is_partial
        and runs.differences is not null
        -- what was undone and written again stands as well
        and exists (
            select from kajabi_ledger.merge_runs as standing
            where
                runs.run_id = coalesce(standing.about_run, standing.run_id)
                and standing.status = 'applied' and standing.kind <> 'undo'
        )
    order by runs.run_id desc
    limit %(limit)s
) as newest
order by run_id
