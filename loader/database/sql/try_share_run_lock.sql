-- The run lock, shared, if no run is in progress (share_run_lock.sql waits for its end).
select pg_try_advisory_xact_lock_shared(7521962890) as is_ours
