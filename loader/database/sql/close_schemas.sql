-- Nothing of ours is for everybody, nor for the two roles that Supabase serves to the world: a default privilege of
-- the organisation may have opened what was made just now. The closed schema is the wall around what dbt builds.
do $$
declare
    grantee text;
    schema_name text;
begin
    for grantee, schema_name in
        select listed.grantee, nspname
        from pg_namespace
        cross join unnest(array['public', 'anon', 'authenticated']) as listed (grantee)
        where
            nspname in ('kajabi_raw', 'kajabi_ledger', 'kajabi_guard', 'kajabi_guard_comparison')
            and pg_has_role(nspowner, 'usage')
            and (listed.grantee = 'public' or exists (select from pg_roles where rolname = listed.grantee))
    loop
        execute format('revoke all on schema %I from %s', schema_name, grantee);
        continue when starts_with(schema_name, 'kajabi_guard');
        execute format('revoke all on all tables in schema %I from %s', schema_name, grantee);
        execute format('revoke all on all sequences in schema %I from %s', schema_name, grantee);
        execute format('revoke all on all functions in schema %I from %s', schema_name, grantee);
    end loop;
end
$$
