-- The comparison holds copies of decisions; it goes when they have been read. Its schema stays where this role could
-- not make it again.
do $$
declare
    relation regclass;
begin
    if has_database_privilege(current_database(), 'create') then
        drop schema if exists kajabi_guard_comparison cascade;
        return;
    end if;
    for relation in
        select oid from pg_class
        where relnamespace = to_regnamespace('kajabi_guard_comparison') and relkind = 'r'
    loop
        execute format('drop table %s cascade', relation);
    end loop;
end
$$
