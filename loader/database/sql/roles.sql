-- The roles of kajabi-guard, for a site where nobody has to work as the owner every week.
-- Run by the owner of public.contacts after `kajabi-guard init`, as often as you like; both of these do it:
--     ./kajabi-guard init --roles
--     ./kajabi-guard with-database psql --single-transaction --set ON_ERROR_STOP=1 --file loader/database/sql/roles.sql
-- Once the roles are there, every `init` gives them their rights again, so that an upgrade's new tables are covered.
--
--     kajabi_guard_loader    load                              copies exports, sees no contact
--     kajabi_guard_planner   plan, report, explain, history    reads contacts and the ledger, owns what dbt builds
--     kajabi_guard_applier   apply, undo, report, history,     writes the planned fields of contacts and the ledger
--                            decide, protect, duplicate, export
--     the owner              init, forget, shield              whoever owns public.contacts; nothing is granted
--
-- An override can replace a value, so it belongs to the role that writes. They are group roles, nobody logs in as
-- them: `grant kajabi_guard_loader, kajabi_guard_planner to anna`. Where contacts has row-level security, the login
-- roles that plan or apply need BYPASSRLS themselves; it is not inherited.

do $$
declare
    role_name text;
    -- from 16 on, who makes a role is no full member of it
    full_member text := case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end;
begin
    if to_regclass('kajabi_ledger.merge_runs') is null then
        raise exception 'The tables of kajabi-guard are not here yet: run kajabi-guard init first.';
    elsif not pg_has_role((select relowner from pg_class where oid = to_regclass('public.contacts')), 'usage') then
        raise exception using
            errcode = 'insufficient_privilege', message = 'Only the owner of public.contacts can grant rights to it.';
    end if;
    foreach role_name in array array['kajabi_guard_loader', 'kajabi_guard_planner', 'kajabi_guard_applier'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
    -- a schema is given only to a role that one could work as
    if not (pg_has_role('kajabi_guard_planner', full_member) and pg_has_role('kajabi_guard_planner', 'usage')) then
        execute format('grant kajabi_guard_planner to %I', current_user);
    end if;
end
$$;

-- what an earlier version of this file granted is taken away first
revoke all on all tables in schema kajabi_raw, kajabi_ledger
from kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier;
revoke all on all sequences in schema kajabi_raw, kajabi_ledger
from kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier;
revoke all on all functions in schema kajabi_ledger
from kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier;
revoke all on table public.contacts from kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier;

grant usage on schema kajabi_raw, kajabi_ledger to kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier;

-- loader: copies an export and makes it the newest load or the baseline; rows of old exports are pruned
grant select on kajabi_ledger.schema_migrations to kajabi_guard_loader;
grant select, insert, update (row_count, newest_rank, baseline_rank, baseline_how, baseline_at) on kajabi_raw.loads
to kajabi_guard_loader;
grant select, insert, delete on kajabi_raw.contact_rows to kajabi_guard_loader;
grant usage on sequence kajabi_raw.load_ranks to kajabi_guard_loader;
grant delete on kajabi_ledger.plan_scope to kajabi_guard_loader;

-- planner: reads everything, writes the restriction of the next plan and nothing else
grant select on all tables in schema kajabi_raw, kajabi_ledger to kajabi_guard_planner;
grant insert, delete on kajabi_ledger.plan_scope to kajabi_guard_planner;
grant select on public.contacts to kajabi_guard_planner;

-- applier: reads the ledger and adds to it. No history is changed: only a run's own record, who gave a value, and what
-- waits are kept up to date
grant select on all tables in schema kajabi_ledger to kajabi_guard_applier;
grant insert on all tables in schema kajabi_ledger to kajabi_guard_applier;
grant update on kajabi_ledger.merge_runs, kajabi_ledger.contact_field_sources to kajabi_guard_applier;
-- under which Kajabi id a merged person is kept there is noted when their row is seen
grant update (old_kajabi_id) on kajabi_ledger.merged_contacts to kajabi_guard_applier;
grant delete on kajabi_ledger.contact_field_sources, kajabi_ledger.open_conflicts to kajabi_guard_applier;
grant select, update (baseline_rank, baseline_how, baseline_at) on kajabi_raw.loads to kajabi_guard_applier;
grant usage on sequence kajabi_raw.load_ranks to kajabi_guard_applier;
grant select on public.contacts to kajabi_guard_applier;

do $$
declare
    item record;
begin
    -- what only the owner adds to: which database this is, which migrations it had, who was forgotten or pruned; and the
    -- planner's restriction
    for item in
        select oid::regclass as relation from pg_class
        where
            relnamespace = 'kajabi_ledger'::regnamespace
            and relname in (
                'database_identity', 'schema_migrations', 'erasures', 'erasure_salt', 'plan_scope', 'pruned_keys'
            )
            and relkind = 'r'
    loop
        execute format('revoke insert on %s from kajabi_guard_applier', item.relation);
    end loop;
    if to_regclass('kajabi_ledger.corrections_sent') is not null then
        -- the newest value that was sent to Kajabi takes the place of an older one
        grant update on kajabi_ledger.corrections_sent to kajabi_guard_applier;
    end if;

    -- contacts: the columns that the merge writes, where this site has them, and no others
    for item in
        select attname as name from pg_attribute
        where
            attrelid = 'public.contacts'::regclass and attnum > 0 and not attisdropped
            -- what a plan can write is what the ledger's copy of it has a column for
            and attname in (
                select planned.attname from pg_attribute as planned
                where
                    planned.attrelid = 'kajabi_ledger.planned_rows'::regclass
                    and planned.attnum > 0 and not planned.attisdropped
                    and not planned.attname in (
                        'run_id', 'action', 'contact_id', 'row_number', 'email', 'field_rules', 'contact_as_seen'
                    )
            )
    loop
        execute format('grant insert (%1$I), update (%1$I) on public.contacts to kajabi_guard_applier', item.name);
    end loop;
    grant insert (id, email, source_system) on public.contacts to kajabi_guard_applier;
    -- a new contact's other columns take their defaults: the sequences that some of these count with
    for item in
        select distinct sequences.oid::regclass as relation
        from pg_attrdef as defaults
        inner join pg_depend as uses on uses.classid = 'pg_attrdef'::regclass and uses.objid = defaults.oid
        inner join pg_class as sequences on uses.refobjid = sequences.oid and sequences.relkind = 'S'
        where defaults.adrelid = 'public.contacts'::regclass and uses.refclassid = 'pg_class'::regclass
    loop
        execute format('grant usage on sequence %s to kajabi_guard_applier', item.relation);
    end loop;

    -- two tables that some sites have: further emails, and merges of the past
    for item in
        select attrelid::regclass as relation, attname as name, relname = 'contact_emails' as is_planned_with
        from pg_attribute inner join pg_class on attrelid = pg_class.oid
        where
            relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
            and (
                (relname = 'contact_emails' and attname in ('contact_id', 'email'))
                or (
                    relname = 'contacts_merge_backup' and attname in (
                        'email', 'kajabi_id', 'survivor_id', 'survivor_contact_id', 'merged_into', 'merged_into_id',
                        'kept_contact_id', 'primary_contact_id', 'target_contact_id'
                    )
                )
            )
    loop
        execute format('grant select (%I) on %s to kajabi_guard_applier', item.name, item.relation);
        if item.is_planned_with then
            execute format('grant select (%I) on %s to kajabi_guard_planner', item.name, item.relation);
        end if;
    end loop;

    -- functions that only read, with the caller's rights, are for both; of the others these two for the applier
    for item in
        select
            oid::regprocedure as signature,
            proname as name,
            not prosecdef and provolatile <> 'v' as only_reads
        from pg_proc
        where pronamespace = 'kajabi_ledger'::regnamespace and prorettype <> 'trigger'::regtype
    loop
        if item.only_reads then
            execute format('grant execute on function %s to kajabi_guard_planner', item.signature);
        end if;
        if item.only_reads or item.name in ('lock_contacts', 'remove_inserted_contacts') then
            execute format('grant execute on function %s to kajabi_guard_applier', item.signature);
        end if;
    end loop;

    -- the two schemas of dbt are the planner's: whoever plans may rebuild what another planner built
    foreach item.name in array array['kajabi_guard', 'kajabi_guard_comparison'] loop
        if to_regnamespace(item.name) is null then
            execute format('create schema %I', item.name);
        end if;
        if not (select nspowner = 'kajabi_guard_planner'::regrole from pg_namespace where nspname = item.name) then
            execute format('alter schema %I owner to kajabi_guard_planner', item.name);
        end if;
    end loop;
    grant usage on schema kajabi_guard to kajabi_guard_applier;
    -- and so are the tables that the owner has made there: `dbt seed` empties the seeds of `init` and fills them again
    for item in
        select oid::regclass as relation from pg_class
        where relnamespace = 'kajabi_guard'::regnamespace and relkind = 'r' and relowner = current_user::regrole
    loop
        execute format('alter table %s owner to kajabi_guard_planner', item.relation);
    end loop;
    -- the plan that stands; dbt grants the same on what it builds (dbt_project.yml)
    for item in
        select oid::regclass as relation from pg_class
        where
            relnamespace = 'kajabi_guard'::regnamespace and relkind in ('r', 'v') and pg_has_role(relowner, 'usage')
    loop
        execute format('grant select on %s to kajabi_guard_planner, kajabi_guard_applier', item.relation);
    end loop;

    -- where the organisation has closed its schemas to everybody
    for item in
        select roles.role_name, pg_namespace.oid::regnamespace as schema_name
        from pg_namespace cross join unnest(array['kajabi_guard_planner', 'kajabi_guard_applier']) as roles (role_name)
        where pg_namespace.nspname = 'public' and not has_schema_privilege(roles.role_name, pg_namespace.oid, 'usage')
    loop
        execute format('grant usage on schema %s to %I', item.schema_name, item.role_name);
    end loop;
end
$$
