-- dbt drops what it replaces, and only the owner of a table may do that: what another planner built is dropped first,
-- which the owner of the schema may.
do $$
declare
    relation record;
begin
    for relation in
        select relname as name, case relkind when 'v' then 'view' else 'table' end as kind
        from pg_class
        where
            relnamespace = to_regnamespace('kajabi_guard')
            and relkind in ('r', 'v')
            and not pg_has_role(relowner, 'usage')
    loop
        -- a view may be gone with the table that it read
        execute format('drop %s if exists kajabi_guard.%I cascade', relation.kind, relation.name);
    end loop;
end
$$
