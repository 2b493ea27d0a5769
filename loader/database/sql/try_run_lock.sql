-- One run at a time. A transaction's lock, because a session's lock would leak through a transaction-mode pooler.
select pg_try_advisory_xact_lock(7521962890) as is_ours
