-- Two functions that looked wherever their caller looks. Run by `kajabi-guard init` as the owner.
-- Without a search path of its own, a function whose body is a string takes the caller's: a relation or an operator
-- there could stand in for PostgreSQL's. A body that is parsed when the function is made has no such choice.

alter function kajabi_ledger.contacts_with_email(text[]) set search_path = pg_catalog, pg_temp; -- noqa: PRS
alter function kajabi_ledger.taken_keys(jsonb[]) set search_path = pg_catalog, pg_temp; -- noqa: PRS
