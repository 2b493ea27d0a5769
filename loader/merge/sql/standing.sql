-- Where the work stands, from the tables of raw and ledger: one row. What dbt has built is asked for apart, because
-- none of it may be there yet.
with newest as (
    select * from kajabi_raw.loads
    where newest_rank is not null
    order by newest_rank desc
    limit 1
),

last_run as (
    select * from kajabi_ledger.merge_runs
    order by run_id desc
    limit 1
)

select
    newest.load_id,
    newest.file_name,
    newest.loaded_at,
    extract(epoch from now() - newest.loaded_at)::float8 / 86400 as days_since_load,
    exists(select from kajabi_raw.loads where baseline_rank is not null) as has_baseline,
    exists (select from kajabi_ledger.merged_contacts)
    or exists (select from kajabi_ledger.no_merged_contacts_declared) as are_merged_contacts_known,
    last_run.run_id as last_run_id,
    last_run.kind as last_run_kind,
    last_run.status as last_run_status,
    last_run.finished_at as last_run_at
from (select) as one
left join newest on true
left join last_run on true
