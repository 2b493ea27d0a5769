-- The plan that was made before the one that stands, where it was another one and was not written: what it wrote then
-- would look as if it had gone.
select distinct
    previous.fingerprint,
    previous.load_id,
    previous.is_partial,
    loads.file_name
from kajabi_guard.previous_merge_plan as previous
left join kajabi_raw.loads as loads on previous.load_id = loads.load_id
cross join kajabi_guard.plan_summary
where
    previous.fingerprint <> plan_summary.fingerprint
    and not exists (
        select from kajabi_ledger.merge_runs as runs
        where
            runs.fingerprint = previous.fingerprint and runs.status = 'applied'
            -- an undo has the fingerprint of the plan that it took back
            and runs.kind <> 'undo'
    )
