-- Who plans and who applies may read what this role has made here; dbt grants the same, but only on its own models.
do $$
declare
    relation regclass;
    grantee text;
begin
    for relation, grantee in
        select pg_class.oid, rolname
        from pg_class
        cross join pg_roles
        where
            relnamespace = to_regnamespace('kajabi_guard')
            and relkind in ('r', 'v')
            and pg_has_role(relowner, 'usage')
            and rolname in ('kajabi_guard_planner', 'kajabi_guard_applier')
            and not has_table_privilege(rolname, pg_class.oid, 'select')
    loop
        execute format('grant select on %s to %I', relation, grantee);
    end loop;
end
$$
