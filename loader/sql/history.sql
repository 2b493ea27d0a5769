-- Runs, newest first.
select
    runs.run_id,
    runs.status,
    left(runs.fingerprint, 8) as fingerprint,
    loads.file_name,
    to_char(runs.finished_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as finished_at_utc,
    runs.done_by,
    runs.is_partial,
    runs.updated_contacts,
    runs.inserted_contacts,
    runs.values_written,
    runs.links_written,
    runs.differences,
    runs.values_kept,
    runs.values_for_review,
    runs.rows_held,
    runs.refusal
from kajabi_ledger.merge_runs as runs
left join kajabi_raw.loads as loads on runs.load_id = loads.load_id
order by runs.run_id desc
limit %(limit)s
