-- The files that were made for Kajabi, newest first.
select
    export_id,
    'exported' as status,
    kind,
    folder,
    to_char(made_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as finished_at_utc,
    made_by as done_by,
    count_rows,
    count_files
from kajabi_ledger.exports_made
order by export_id desc
limit %(limit)s
