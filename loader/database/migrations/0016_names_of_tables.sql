-- Tables and columns get the names that the field has for these things. Every row stays, and so do owners and grants:
-- nothing is copied, only renamed. Run by `kajabi-guard init` as the owner.

-- what a steward decided about a cell or an address: an override
alter table kajabi_ledger.decisions_taken rename to overrides;
alter table kajabi_ledger.overrides rename column decision_id to override_id;
alter table kajabi_ledger.overrides rename column verdict to decision;
alter table kajabi_ledger.overrides rename column incoming_values to kajabi_values;
alter table kajabi_ledger.overrides rename column present_values to our_values;

-- what a steward decided about a quarantined row: an override of its match
alter table kajabi_ledger.settlements rename to match_overrides;
alter table kajabi_ledger.match_overrides rename column settlement_id to match_override_id;
alter table kajabi_ledger.match_overrides rename column verdict to decision;
alter table kajabi_ledger.match_overrides rename column settled_at to decided_at;
alter table kajabi_ledger.match_overrides rename column settled_by to decided_by;

-- who was merged away, and into whom
alter table kajabi_ledger.known_duplicates rename to merged_contacts;
alter table kajabi_ledger.merged_contacts rename column duplicate_id to merged_contact_id;
alter table kajabi_ledger.duplicates_declared_none rename to no_merged_contacts_declared;

-- the values of a cell: ours, Kajabi's, that of the baseline, and the one written
alter table kajabi_ledger.open_conflicts rename column present_value to our_value;
alter table kajabi_ledger.open_conflicts rename column incoming_value to kajabi_value;
alter table kajabi_ledger.open_conflicts rename column incoming_text to kajabi_text;
alter table kajabi_ledger.open_conflicts rename column base_value to baseline_value;
alter table kajabi_ledger.open_conflicts rename column base_text to baseline_text;
alter table kajabi_ledger.open_conflicts rename column was_in_base to was_in_baseline;
alter table kajabi_ledger.field_changes rename column old_value to our_value;
alter table kajabi_ledger.field_changes rename column new_value to written_value;
alter table kajabi_ledger.merge_runs rename column rows_held to rows_quarantined;

-- the export that was accepted last: the baseline
alter table kajabi_raw.loads rename column base_rank to baseline_rank;
alter table kajabi_raw.loads rename column base_how to baseline_how;
alter table kajabi_raw.loads rename column base_at to baseline_at;

-- Constraints, indexes and sequences are named after their tables and columns. They are looked up, because
-- PostgreSQL 18 has a name for every `not null` as well.
do $$
declare
    names constant text[] := array[
        -- a table, what stands in the name, what shall stand there; the table's own name comes before its columns
        ['kajabi_ledger.overrides', 'decisions_taken', 'overrides'],
        ['kajabi_ledger.overrides', 'overrides_decision_id', 'overrides_override_id'],
        ['kajabi_ledger.overrides', 'verdict', 'decision'],
        ['kajabi_ledger.overrides', 'incoming_values', 'kajabi_values'],
        ['kajabi_ledger.match_overrides', 'settlements', 'match_overrides'],
        ['kajabi_ledger.match_overrides', 'settlement_id', 'match_override_id'],
        ['kajabi_ledger.match_overrides', 'verdict', 'decision'],
        ['kajabi_ledger.match_overrides', 'settled', 'decided'],
        ['kajabi_ledger.merged_contacts', 'known_duplicates', 'merged_contacts'],
        ['kajabi_ledger.merged_contacts', 'duplicate_id', 'merged_contact_id'],
        ['kajabi_ledger.no_merged_contacts_declared', 'duplicates_declared_none', 'no_merged_contacts_declared'],
        ['kajabi_ledger.open_conflicts', 'was_in_base', 'was_in_baseline'],
        ['kajabi_raw.loads', 'loads_base_', 'loads_baseline_']
    ];
    item record;
    place integer;
begin
    for place in 1..array_length(names, 1) loop
        for item in
            select conname as name from pg_constraint
            where
                conrelid = names[place][1]::regclass
                and strpos(conname, names[place][2]) > 0 and strpos(conname, names[place][3]) = 0
        loop
            execute format(
                'alter table %s rename constraint %I to %I',
                names[place][1], item.name, replace(item.name, names[place][2], names[place][3])
            );
        end loop;
        for item in
            -- an index that belongs to a constraint has its new name already
            select indexrelid::regclass as relation, relname as name
            from pg_index inner join pg_class on indexrelid = pg_class.oid
            where
                indrelid = names[place][1]::regclass
                and strpos(relname, names[place][2]) > 0 and strpos(relname, names[place][3]) = 0
            union all
            select pg_class.oid::regclass, relname
            from pg_depend inner join pg_class on pg_depend.objid = pg_class.oid and relkind = 'S'
            where
                pg_depend.classid = 'pg_class'::regclass
                and refclassid = 'pg_class'::regclass and refobjid = names[place][1]::regclass
                and strpos(relname, names[place][2]) > 0 and strpos(relname, names[place][3]) = 0
        loop
            execute format(
                case
                    when (select relkind from pg_class where oid = item.relation) = 'S'
                        then 'alter sequence %s rename to %I'
                    else 'alter index %s rename to %I'
                end,
                item.relation, replace(item.name, names[place][2], names[place][3])
            );
        end loop;
    end loop;
end
$$;

-- What names a renamed table in its body; nothing else in it is changed (0010 says why it is as it is).
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
                    or exists (select from kajabi_ledger.overrides as d where d.contact_id = asked.contact_id)
                    or exists (select from kajabi_ledger.match_overrides as s where s.contact_id = asked.contact_id)
                    or exists (
                        select from kajabi_ledger.merged_contacts as k where k.survivor_contact_id = asked.contact_id
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

-- What dbt built with the names of before would be read under the new ones: without it, every command asks for a new
-- plan. It holds nothing of its own. Where it is somebody else's, the next plan takes it away.
do $$
declare
    item record;
begin
    for item in
        select oid::regclass as relation, case relkind when 'v' then 'view' else 'table' end as kind
        from pg_class
        where
            relnamespace = to_regnamespace('kajabi_guard')
            and relname in ('plan_summary', 'planned_cells', 'previous_merge_plan')
            and relkind in ('r', 'v')
            and pg_has_role(relowner, 'usage')
    loop
        -- a view may be gone with the table that it read
        execute format('drop %s if exists %s cascade', item.kind, item.relation);
    end loop;
end
$$;
