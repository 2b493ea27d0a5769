-- The run's record, written first: everything else of the run points at it. Its counts follow in finish_run.sql.
insert into kajabi_ledger.merge_runs (
    run_token, status, fingerprint, load_id, policy_version, is_partial, started_at, done_by
)
values (
    %(run_token)s, 'writing', %(fingerprint)s, %(load_id)s, %(policy_version)s, %(is_partial)s, clock_timestamp(),
    %(done_by)s
)
returning run_id
