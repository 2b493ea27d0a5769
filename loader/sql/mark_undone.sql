-- The run that is taken back; before finish_run.sql, because one plan stands at most once.
update kajabi_ledger.merge_runs set status = 'undone' where run_id = %(undoes_run)s
