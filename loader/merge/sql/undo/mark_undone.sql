-- What is taken back: a run, or an undo with those that went on with it; before finish_undo.sql, because one plan
-- stands at most once.
update kajabi_ledger.merge_runs set status = 'undone' where run_id = any(%(step_runs)s::bigint[])
