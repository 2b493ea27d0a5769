-- Runs by which a plan whose fingerprint begins like this stands: applied, or written again, and not undone since.
select run_id, fingerprint, finished_at
from kajabi_ledger.merge_runs
where status = 'applied' and kind <> 'undo' and starts_with(fingerprint, %(fingerprint)s)
order by run_id desc
