-- What this session is connected to, what it may read there, and whether the ledger knows its migrations.
select
    current_database() as database_name,
    current_user as role_name,
    current_setting('server_version') as server_version,
    current_setting('server_encoding') as server_encoding,
    to_regclass('public.contacts') is not null as has_contacts,
    (
        select format_type(atttypid, null) from pg_catalog.pg_attribute
        where attrelid = to_regclass('public.contacts') and attname = 'id' and not attisdropped
    ) as id_type,
    has_table_privilege(to_regclass('public.contacts'), 'select') as may_read,
    to_regclass('kajabi_ledger.schema_migrations') is not null as is_prepared
