-- Runs that take a run back: what they undo, who had given a value before each run, and how an inserted contact looked.
-- Run by `kajabi-guard init` as the owner. What older runs did not note stays unknown; `undo` says so.

-- An undo takes a run back; a redo takes an undo back, and is as good as applying the plan again.
alter table kajabi_ledger.merge_runs
add column kind text not null default 'apply' check (kind in ('apply', 'undo', 'redo')),
-- the run that this one takes back
add column undoes_run bigint references kajabi_ledger.merge_runs (run_id),
-- the run that applied the plan which this one is about in the end
add column about_run bigint references kajabi_ledger.merge_runs (run_id),
add column removed_contacts bigint not null default 0,
-- what was not taken back, because it is not the run's own any more
add column values_left bigint not null default 0,
add column contacts_left bigint not null default 0,
drop constraint merge_runs_status_check,
add constraint merge_runs_status_check check (status in ('writing', 'applied', 'refused', 'undone')),
add constraint merge_runs_kind_fits check (
    (kind = 'apply') = (undoes_run is null) and (undoes_run is null) = (about_run is null)
);

-- a plan that was taken back may be applied again; a redo stands for its plan
drop index kajabi_ledger.merge_runs_applied_once;
create unique index merge_runs_applied_once on kajabi_ledger.merge_runs (fingerprint)
where status = 'applied' and kind <> 'undo';
create unique index merge_runs_undone_once on kajabi_ledger.merge_runs (undoes_run)
where status in ('applied', 'undone');

-- Who had given the value before the run wrote it: null and noted means nobody.
alter table kajabi_ledger.field_changes
add column old_source text,
add column old_since timestamptz,
add column old_source_run bigint,
add column is_source_noted boolean not null default false;

-- undo asks which later run wrote the same cell, the plan which values were taken back
create index field_changes_of_contact on kajabi_ledger.field_changes (contact_id, field, run_id);

-- One row per contact that a run inserted, as it was right after the insert: a digest of each cell, never a value.
create table kajabi_ledger.inserted_contacts (
    run_id bigint not null references kajabi_ledger.merge_runs (run_id),
    contact_id uuid not null,
    cell_digests jsonb not null,
    primary key (run_id, contact_id)
);

-- Every cell of these contacts as a digest, null where it is null; without updated_at, which triggers move, and without
-- generated columns. The settings are pinned, because they decide how a time or a number is written as text.
-- Written as a string, so that nothing depends on the columns of contacts.
create function kajabi_ledger.cell_digests(contact_ids uuid[]) returns table (contact_id uuid, cell_digests jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'iso_8601'
set bytea_output = 'hex'
set extra_float_digits = 1
as $$
begin
    return query execute
        'select c.id, ('
        '    select jsonb_object_agg(cell.key, encode(sha256(convert_to(cell.value, ''UTF8'')), ''hex'')) '
        '    from jsonb_each_text(to_jsonb(c.*) - ''updated_at'') as cell '
        '    where not cell.key = any($2)'
        ') from public.contacts as c where c.id = any($1)'
        using contact_ids, array(
            select attname::text from pg_attribute
            where attrelid = 'public.contacts'::regclass and attgenerated <> ''
        );
end
$$;

-- Which of these contacts rows of other tables point at by a foreign key, and from where. Any such row counts, whatever
-- its ON DELETE action: a cascade would delete somebody's work. A table that cannot be read counts as pointing at all.
create function kajabi_ledger.references_to_contacts(contact_ids uuid[])
returns table (contact_id uuid, referencing_table text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    pointer record;
begin
    for pointer in
        select
            keys.conrelid::regclass::text as table_name,
            string_agg(
                format(
                    'c.%I operator(%I.%s) r.%I', ours.attname, spaces.nspname, operators.oprname, theirs.attname
                ), ' and '
            ) as join_condition
        from pg_constraint as keys
        cross join lateral unnest(keys.confkey, keys.conkey, keys.conpfeqop) as part (our_key, their_key, equals)
        inner join pg_attribute as ours on ours.attrelid = keys.confrelid and ours.attnum = part.our_key
        inner join pg_attribute as theirs on theirs.attrelid = keys.conrelid and theirs.attnum = part.their_key
        inner join pg_operator as operators on operators.oid = part.equals
        inner join pg_namespace as spaces on spaces.oid = operators.oprnamespace
        where keys.contype = 'f' and keys.confrelid = 'public.contacts'::regclass
        group by keys.oid, keys.conrelid
    loop
        begin
            return query execute format(
                'select distinct c.id, %L::text from public.contacts as c inner join %s as r on %s '
                'where c.id = any($1)', pointer.table_name, pointer.table_name, pointer.join_condition
            ) using contact_ids;
        exception when insufficient_privilege then
            return query select listed, pointer.table_name from unnest(contact_ids) as listed;
        end;
    end loop;
end
$$;

-- Remove contacts that a run inserted and that nobody has touched, pointed at or spoken of since; says of each what
-- became of it. Only inside an undo of that very run, under its lock on contacts: then the caller needs no DELETE.
-- public is on the pinned path, after pg_catalog, for the site's own triggers only: nothing here leaves its schema out.
create function kajabi_ledger.remove_inserted_contacts(run_id bigint, contact_ids uuid[])
returns table (contact_id uuid, outcome text)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set row_security = off
as $$
#variable_conflict use_column
declare
    wanted_run alias for $1;
    removable uuid[] := array[]::uuid[];
begin
    if not exists (
        select from kajabi_ledger.merge_runs as runs where runs.undoes_run = wanted_run and runs.status = 'writing'
    ) or not exists (
        select from pg_locks as locks
        where
            locks.pid = pg_backend_pid() and locks.granted and locks.relation = 'public.contacts'::regclass
            and locks.mode in ('ExclusiveLock', 'AccessExclusiveLock')
    ) then
        raise exception 'contacts are removed by an undo only' using errcode = 'object_not_in_prerequisite_state';
    end if;
    for contact_id, outcome in
        select
            asked.contact_id,
            case
                when changes.contact_id is null then 'not_inserted'
                when now_here.contact_id is null then 'gone'
                when inserted.contact_id is null then 'not_noted'
                -- a column that the table got since counts once it holds something
                when exists (
                    select from jsonb_each(now_here.cell_digests) as cell
                    where cell.value is distinct from coalesce(inserted.cell_digests -> cell.key, 'null'::jsonb)
                ) then 'touched'
                when pointers.tables is not null then 'referenced by ' || pointers.tables
                when
                    exists (select from kajabi_ledger.protections as p where p.contact_id = asked.contact_id)
                    or exists (select from kajabi_ledger.decisions_taken as d where d.contact_id = asked.contact_id)
                    or exists (select from kajabi_ledger.settlements as s where s.contact_id = asked.contact_id)
                    or exists (
                        select from kajabi_ledger.known_duplicates as k where k.survivor_contact_id = asked.contact_id
                    )
                    then 'spoken_of'
                when not has_table_privilege('public.contacts', 'delete') then 'no_right'
                else 'removed'
            end
        from (select distinct listed from unnest(contact_ids) as listed) as asked (contact_id)
        left join kajabi_ledger.field_changes as changes
            on
                changes.run_id = wanted_run and changes.contact_id = asked.contact_id
                and changes.field = 'email' and changes.rule = 'new_contact'
        left join kajabi_ledger.inserted_contacts as inserted
            on inserted.run_id = wanted_run and inserted.contact_id = asked.contact_id
        left join kajabi_ledger.cell_digests(contact_ids) as now_here on now_here.contact_id = asked.contact_id
        left join (
            select found.contact_id, string_agg(found.referencing_table, ', ' order by found.referencing_table) as tables
            from kajabi_ledger.references_to_contacts(contact_ids) as found
            group by found.contact_id
        ) as pointers on pointers.contact_id = asked.contact_id
    loop
        if outcome = 'removed' then
            removable := removable || contact_id;
        end if;
        return next;
    end loop;
    delete from public.contacts as c where c.id = any(removable);
end
$$;

revoke all on kajabi_ledger.inserted_contacts from public;
revoke all on all functions in schema kajabi_ledger from public;
