-- Facts about the connection, the role and the database that `doctor` judges. Nulls where there is no such table.
select
    current_setting('server_version_num')::integer as version_number,
    current_setting('server_version') as version,
    current_setting('server_encoding') as encoding,
    -- null where the server's end of the way is not encrypted
    (select version from pg_catalog.pg_stat_ssl where ssl and pid = pg_backend_pid()) as tls_version,
    (
        select has_table_privilege(pg_class.oid, 'select')
        from pg_catalog.pg_class inner join pg_catalog.pg_namespace on relnamespace = pg_namespace.oid
        where nspname = 'public' and relname = 'contacts'
    ) as may_read,
    pg_size_pretty(pg_database_size(current_database())) as database_size,
    current_user as role_name,
    quote_ident(current_user) as quoted_role,
    (select rolsuper from pg_catalog.pg_roles where rolname = current_user) as is_superuser,
    coalesce((
        select pg_has_role(relowner, 'usage')
        from pg_catalog.pg_class inner join pg_catalog.pg_namespace on relnamespace = pg_namespace.oid
        where nspname = 'public' and relname = 'contacts'
    ), false) as owns_contacts,
    exists(
        select from pg_catalog.pg_roles
        where
            rolname in ('kajabi_guard_loader', 'kajabi_guard_planner', 'kajabi_guard_applier')
            and pg_has_role(oid, 'usage')
    ) as has_group_role,
    (
        select nspname
        from pg_catalog.pg_extension inner join pg_catalog.pg_namespace on extnamespace = pg_namespace.oid
        where extname = 'citext'
    ) as citext_schema,
    exists(
        select from pg_catalog.pg_extension inner join pg_catalog.pg_namespace on extnamespace = pg_namespace.oid
        where extname = 'citext' and nspname = any(current_schemas(true))
    ) as is_citext_found
