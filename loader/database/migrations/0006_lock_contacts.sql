-- The lock of the write for a role that may write certain columns only. Run by `kajabi-guard init` as the owner.

-- LOCK TABLE asks for a right to the whole table, which would let its holder write every column. So the owner takes
-- the lock on behalf of whoever was granted this function (roles.sql), and nothing else: no argument, no
-- text that is run, a search path that nobody can bend. The lock ends with the caller's transaction.
create function kajabi_ledger.lock_contacts() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    lock table public.contacts in exclusive mode;
end
$$;

revoke all on function kajabi_ledger.lock_contacts() from public;
