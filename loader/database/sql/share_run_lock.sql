-- The run lock, shared: many people may speak at once, but not while somebody loads, plans, applies, undoes or forgets.
select pg_advisory_xact_lock_shared(7521962890)
