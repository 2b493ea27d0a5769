-- What load, plan, apply and undo need and this role lacks, one row each. Asks the catalogue only, so that a role
-- without any right gets its answer as well; what is not there is another line of `doctor`.
with relations as (
    select
        pg_class.oid,
        nspname as schema_name,
        nspname || '.' || relname as relation,
        relkind,
        relowner,
        nspowner
    from pg_catalog.pg_class inner join pg_catalog.pg_namespace on relnamespace = pg_namespace.oid
    where nspname in ('kajabi_raw', 'kajabi_ledger', 'kajabi_guard') or (nspname = 'public' and relname = 'contacts')
),

contact_columns as (
    select relations.oid, attname as name
    from relations inner join pg_catalog.pg_attribute on attrelid = relations.oid
    where relation = 'public.contacts' and attnum > 0 and not attisdropped
),

written as (
    select oid, name, privilege
    from contact_columns cross join (values ('insert'), ('update')) as each_privilege (privilege)
    where
        name = any(%(planned)s)
        or (name in ('id', 'email', 'source_system') and privilege = 'insert')
),

table_needs (command, relation, privilege) as (
    values
    ('load', 'kajabi_ledger.schema_migrations', 'select'), ('load', 'kajabi_raw.loads', 'select'),
    ('load', 'kajabi_raw.loads', 'insert'), ('load', 'kajabi_raw.contact_rows', 'select'),
    ('load', 'kajabi_raw.contact_rows', 'insert'), ('load', 'kajabi_raw.contact_rows', 'delete'),
    ('load', 'kajabi_ledger.plan_scope', 'delete'),
    ('plan', 'public.contacts', 'select'), ('plan', 'kajabi_ledger.plan_scope', 'insert'),
    ('plan', 'kajabi_ledger.plan_scope', 'delete'),
    ('apply', 'public.contacts', 'select'), ('apply', 'kajabi_raw.loads', 'select'),
    ('apply', 'kajabi_ledger.merge_runs', 'insert'), ('apply', 'kajabi_ledger.merge_runs', 'update'),
    ('apply', 'kajabi_ledger.planned_rows', 'insert'), ('apply', 'kajabi_ledger.field_changes', 'insert'),
    ('apply', 'kajabi_ledger.contact_field_sources', 'insert'),
    ('apply', 'kajabi_ledger.contact_field_sources', 'update'), ('apply', 'kajabi_ledger.open_conflicts', 'insert'),
    ('apply', 'kajabi_ledger.open_conflicts', 'delete'), ('apply', 'kajabi_ledger.guard_overrides', 'insert'),
    ('undo', 'kajabi_ledger.contact_field_sources', 'delete'), ('undo', 'kajabi_ledger.inserted_contacts', 'insert')
),

needs (command, needed, is_held) as (
    select each_command.command, 'use of schema ' || nspname, has_schema_privilege(pg_namespace.oid, 'usage')
    from (
        values ('load', 'kajabi_raw'), ('load', 'kajabi_ledger'), ('plan', 'kajabi_raw'), ('plan', 'kajabi_ledger'),
        ('plan', 'kajabi_guard'), ('apply', 'kajabi_raw'), ('apply', 'kajabi_ledger'), ('apply', 'kajabi_guard')
    ) as each_command (command, schema_name)
    inner join pg_catalog.pg_namespace on nspname = schema_name
    union all
    select command, privilege || ' on ' || relations.relation, has_table_privilege(oid, privilege)
    from table_needs inner join relations on table_needs.relation = relations.relation
    union all
    select 'plan', 'select on ' || relation, has_table_privilege(oid, 'select')
    from relations where schema_name in ('kajabi_raw', 'kajabi_ledger') and relkind = 'r'
    union all
    select 'apply', 'select on ' || relation, has_table_privilege(oid, 'select')
    from relations
    where
        relation in (
            'kajabi_guard.plan_summary', 'kajabi_guard.merge_plan', 'kajabi_guard.guard_verdict',
            'kajabi_guard.field_decisions', 'kajabi_guard.plan_inputs'
        )
        or (schema_name = 'kajabi_ledger' and relkind = 'r')
    union all
    select each_command.command, 'update of kajabi_raw.loads', has_column_privilege(oid, attnum, 'update')
    from relations
    inner join pg_catalog.pg_attribute on attrelid = oid
    inner join (values ('load', 'row_count'), ('load', 'baseline_rank'), ('apply', 'baseline_rank'))
        as each_command (command, column_name) on attname = column_name
    where relation = 'kajabi_raw.loads'
    union all
    select
        each_command.command,
        'usage of kajabi_raw.load_ranks',
        -- asked of anything else it is an error, and the planner may ask before it looks at the name
        case when relkind = 'S' then has_sequence_privilege(oid, 'usage') end
    from relations cross join (values ('load'), ('apply')) as each_command (command)
    where relation = 'kajabi_raw.load_ranks'
    union all
    select
        each_command.command,
        'execute on ' || nspname || '.' || proname,
        has_function_privilege(pg_proc.oid, 'execute')
    from pg_catalog.pg_proc
    inner join pg_catalog.pg_namespace on pronamespace = pg_namespace.oid
    cross join (values ('plan'), ('apply')) as each_command (command)
    where nspname = 'kajabi_ledger' and not prosecdef and provolatile <> 'v'
    union all
    select 'plan', 'create in schema kajabi_guard', has_schema_privilege(oid, 'create')
    from pg_catalog.pg_namespace where nspname = 'kajabi_guard'
    union all
    select
        'plan',
        'create on the database, for the schema kajabi_guard',
        has_database_privilege(current_database(), 'create')
    where not exists (select from pg_catalog.pg_namespace where nspname = 'kajabi_guard')
    union all
    -- dbt replaces what it built, which its owner and the owner of its schema may
    select 'plan', 'ownership of ' || relation, pg_has_role(relowner, 'usage') or pg_has_role(nspowner, 'usage')
    from relations where schema_name = 'kajabi_guard' and relkind in ('r', 'v')
    union all
    select 'apply', privilege || ' on public.contacts.' || name, has_column_privilege(oid, name, privilege)
    from written
    union all
    select
        'apply',
        'the lock on public.contacts',
        has_table_privilege(
            relations.oid,
            'update, delete, truncate'
            || case when current_setting('server_version_num')::integer >= 170000 then ', maintain' else '' end
        )
        or coalesce((
            select bool_or(has_function_privilege(pg_proc.oid, 'execute'))
            from pg_catalog.pg_proc inner join pg_catalog.pg_namespace on pronamespace = pg_namespace.oid
            where nspname = 'kajabi_ledger' and proname = 'lock_contacts'
        ), false)
    from relations where relation = 'public.contacts'
    union all
    select
        'apply',
        'usage of ' || sequences.relname || ', which a default of contacts counts with',
        case when sequences.relkind = 'S' then has_sequence_privilege(sequences.oid, 'usage') end
    from pg_catalog.pg_attrdef as defaults
    inner join pg_catalog.pg_depend as uses
        on defaults.oid = uses.objid and uses.classid = 'pg_attrdef'::regclass
        and uses.refclassid = 'pg_class'::regclass
    inner join pg_catalog.pg_class as sequences on uses.refobjid = sequences.oid and sequences.relkind = 'S'
    where defaults.adrelid in (select oid from relations where relation = 'public.contacts')
    union all
    select
        'undo',
        'execute on kajabi_ledger.remove_inserted_contacts',
        has_function_privilege(pg_proc.oid, 'execute')
    from pg_catalog.pg_proc inner join pg_catalog.pg_namespace on pronamespace = pg_namespace.oid
    where nspname = 'kajabi_ledger' and proname = 'remove_inserted_contacts'
),

all_needs as (
    select command, needed, is_held from needs
    union all
    -- what was written is taken back with the rights that wrote it; the plan and the export are not looked at
    select 'undo', needed, is_held
    from needs
    where
        command = 'apply'
        and needed !~ '(kajabi_raw|kajabi_guard)\M'
        and needed !~ '^insert on kajabi_ledger\.(planned_rows|open_conflicts|guard_overrides)$'
)

select distinct
    command,
    needed,
    exists(
        select from pg_catalog.pg_roles
        where
            rolname = 'kajabi_guard_' || case command
                when 'load' then 'loader' when 'plan' then 'planner' else 'applier'
            end
            and pg_has_role(pg_roles.oid, 'usage')
    ) as has_its_role
from all_needs
where not is_held
order by command, needed
