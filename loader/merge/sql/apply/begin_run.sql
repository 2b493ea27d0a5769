-- The run's record, written first: everything else of the run points at it. Its counts follow when it is finished.
insert into kajabi_ledger.merge_runs (
    run_token, status, kind, undoes_run, continues_run, about_run, fingerprint, load_id, policy_version, is_partial,
    started_at, done_by
)
values (
    %(run_token)s, 'writing', %(kind)s, %(undoes_run)s, %(continues_run)s, %(about_run)s, %(fingerprint)s,
    %(load_id)s, %(policy_version)s, %(is_partial)s, clock_timestamp(), %(done_by)s
)
returning run_id
