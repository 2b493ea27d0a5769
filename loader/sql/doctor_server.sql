-- Facts about the connection, the role and the tables that `doctor` judges.
select
    current_setting('server_version_num')::integer as version_number,
    current_setting('server_version') as version,
    current_setting('server_encoding') as encoding,
    coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as is_encrypted,
    has_table_privilege('public.contacts', 'select') as may_read,
    has_table_privilege('public.contacts', 'insert') as may_insert,
    has_table_privilege('public.contacts', 'update') as may_update,
    (
        select nspname from pg_extension inner join pg_namespace on pg_extension.extnamespace = pg_namespace.oid
        where extname = 'citext'
    ) as citext_schema,
    (
        select count(*) from pg_trigger
        where tgrelid = 'public.contacts'::regclass and not tgisinternal and tgenabled <> 'D'
    ) as count_triggers
