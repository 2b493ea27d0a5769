-- What is in the schema of dbt, and whether this role may make a table there, or the schema itself where it is missing.
select
    to_regnamespace('kajabi_guard') is not null as is_there,
    case
        when to_regnamespace('kajabi_guard') is null then has_database_privilege(current_database(), 'create')
        else
            has_schema_privilege(to_regnamespace('kajabi_guard')::oid, 'usage')
            and has_schema_privilege(to_regnamespace('kajabi_guard')::oid, 'create')
    end as may_make,
    array(select relname::text from pg_class where relnamespace = to_regnamespace('kajabi_guard')) as relations
