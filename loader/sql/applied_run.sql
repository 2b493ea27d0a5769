-- Runs that applied a plan whose fingerprint begins like this.
select run_id, fingerprint, finished_at
from kajabi_ledger.merge_runs
where status = 'applied' and starts_with(fingerprint, %(fingerprint)s)
order by run_id desc
