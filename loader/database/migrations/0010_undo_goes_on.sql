-- An undo that left something because it was in the way can go on later, as a run of its own.
-- Run by `kajabi-guard init` as the owner.

-- The undo that this one goes on with: both take back the same run, and a redo takes both back.
alter table kajabi_ledger.merge_runs
add column continues_run bigint references kajabi_ledger.merge_runs (run_id),
add constraint merge_runs_continues_undo check (continues_run is null or kind = 'undo');

-- a run is taken back once, and each undo is gone on with once: two people at the same time do not do it twice
drop index kajabi_ledger.merge_runs_undone_once;
create unique index merge_runs_undone_once on kajabi_ledger.merge_runs (undoes_run)
where status in ('applied', 'undone') and continues_run is null;
create unique index merge_runs_continued_once on kajabi_ledger.merge_runs (continues_run)
where status in ('applied', 'undone');

-- As before, with three differences. Where its owner may not delete, that is told, instead of an error. Its path has
-- no schema in which others may create: what they put there could be taken for one of PostgreSQL's own functions, and
-- would run as the owner. And a trigger on contacts runs with the rights of whoever deletes: a function of somebody who
-- is not the owner would be a way to these rights.
create or replace function kajabi_ledger.remove_inserted_contacts(run_id bigint, contact_ids uuid[])
returns table (contact_id uuid, outcome text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
#variable_conflict use_column
declare
    wanted_run alias for $1;
    removable uuid[] := array[]::uuid[];
    -- functions that the delete would run with the rights of this function's owner, and that somebody wrote who could
    -- not become that owner otherwise
    has_foreign_trigger boolean := exists (
        select from pg_trigger as triggers
        inner join pg_proc as functions on triggers.tgfoid = functions.oid
        where
            triggers.tgrelid = 'public.contacts'::regclass and not triggers.tgisinternal and triggers.tgenabled <> 'D'
            and triggers.tgtype & 8 = 8 and not functions.prosecdef
            and not pg_has_role(functions.proowner, current_user::regrole::oid, 'member')
    );
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
                when has_foreign_trigger then 'foreign_trigger'
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
    if removable = '{}' then  -- whoever may not delete may not even delete nobody
        return;
    end if;
    -- for the site's own triggers, which may rely on it; this statement leaves nothing to the path
    perform pg_catalog.set_config('search_path', 'pg_catalog, public, pg_temp', true);
    delete from public.contacts as c where c.id operator(pg_catalog.=) any(removable);
end
$$;
