-- The comparison holds copies of decisions; it goes when they have been read. Its schema stays where this role could
-- not make it again.
do $$
declare
    relation record;
begin
    if has_database_privilege(current_database(), 'create') then
        drop schema if exists kajabi_guard_comparison cascade;
        return;
    end if;
    for relation in
        select relname as name, case relkind when 'v' then 'view' else 'table' end as kind
        from pg_class
        where relnamespace = to_regnamespace('kajabi_guard_comparison') and relkind in ('r', 'v')
    loop
        -- a view may be gone with the table that it read
        execute format('drop %s if exists kajabi_guard_comparison.%I cascade', relation.kind, relation.name);
    end loop;
end
$$
