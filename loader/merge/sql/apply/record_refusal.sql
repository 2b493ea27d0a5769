-- An attempt that was refused and rolled back. The text names cells and counts, never a value.
insert into kajabi_ledger.merge_runs (
    run_token, status, kind, undoes_run, about_run, fingerprint, load_id, policy_version, is_partial, refusal,
    started_at, done_by
)
values (
    %(run_token)s, 'refused', %(kind)s, %(undoes_run)s, %(about_run)s, %(fingerprint)s, %(load_id)s,
    %(policy_version)s, %(is_partial)s, %(refusal)s, clock_timestamp(), %(done_by)s
)
