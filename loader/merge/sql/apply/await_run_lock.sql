-- Wait until the session that broke off has ended: only then the ledger can say what became of it.
select pg_advisory_xact_lock(7521962890)
