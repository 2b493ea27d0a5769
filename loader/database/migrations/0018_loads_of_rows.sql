-- A row of an export has its load, and goes with it. A foreign key asks that of each row, which took longer than all
-- the rest of loading a million; a trigger asks once for each statement.

alter table kajabi_raw.contact_rows drop constraint contact_rows_load_id_fkey;

create function kajabi_raw.refuse_rows_without_load() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    used_id bigint := (select min(load_id) from kajabi_raw.contact_rows);
begin
    -- from load to load along the primary key: it does not matter how many rows one has
    while used_id is not null loop
        if not exists (select from kajabi_raw.loads where load_id = used_id) then
            raise foreign_key_violation using message = format('kajabi_raw.loads has no load %s', used_id);
        end if;
        used_id := (select min(load_id) from kajabi_raw.contact_rows where load_id > used_id);
    end loop;
    return null;
end
$$;

create function kajabi_raw.delete_rows_without_load() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    lock table kajabi_raw.contact_rows in share row exclusive mode; -- rows that are being copied are waited for
    delete from kajabi_raw.contact_rows where load_id not in (select load_id from kajabi_raw.loads);
    return null;
end
$$;

create trigger rows_have_their_load after insert or update on kajabi_raw.contact_rows
for each statement execute function kajabi_raw.refuse_rows_without_load();

create trigger loads_keep_their_number after update of load_id on kajabi_raw.loads
for each statement execute function kajabi_raw.refuse_rows_without_load();

create trigger rows_go_with_their_load after delete or truncate on kajabi_raw.loads
for each statement execute function kajabi_raw.delete_rows_without_load();

revoke all on all functions in schema kajabi_raw from public;
