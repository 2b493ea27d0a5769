-- Readers go on; everybody who wants to write waits until this run is done.
-- PostgreSQL gives this lock to whoever may write the whole table (17: or maintain it). A role that may write certain
-- columns only has it taken by the ledger's function, which runs as the owner.
do $$
begin
    if has_table_privilege(
        'public.contacts',
        'update, delete, truncate'
        || case when current_setting('server_version_num')::integer >= 170000 then ', maintain' else '' end
    ) then
        lock table public.contacts in exclusive mode;
    else
        perform kajabi_ledger.lock_contacts();
    end if;
end
$$
