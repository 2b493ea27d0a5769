-- What of ours is open to everybody, or to a role that Supabase serves to the net: the schemas first, as the wall.
-- What dbt builds is behind that wall: a default privilege of the organisation may open it anew at each build.
with everybody as (
    select 0::oid as oid, 'public' as name
    union all
    -- the two roles, and what they inherit
    select distinct pg_roles.oid, quote_ident(pg_roles.rolname)
    from pg_catalog.pg_roles
    inner join pg_catalog.pg_roles as served
        on served.rolname in ('anon', 'authenticated') and pg_has_role(served.oid, pg_roles.oid, 'usage')
    where not served.rolsuper
),

schemas as (
    select oid, nspname as name, nspacl, nspowner
    from pg_catalog.pg_namespace
    where nspname in ('kajabi_raw', 'kajabi_ledger', 'kajabi_guard', 'kajabi_guard_comparison')
),

rights (kind, schema_name, acl, owner) as (
    select 'schema', name, nspacl, nspowner from schemas
    union all
    select case relkind when 'S' then 'sequences' else 'tables' end, schemas.name, relacl, relowner
    from pg_catalog.pg_class inner join schemas on relnamespace = schemas.oid
    where relkind in ('r', 'v', 'S') and schemas.name in ('kajabi_raw', 'kajabi_ledger')
    union all
    -- without a word everybody may execute a function
    select 'functions', schemas.name, coalesce(proacl, acldefault('f', proowner)), proowner
    from pg_catalog.pg_proc inner join schemas on pronamespace = schemas.oid
)

select
    everybody.name as grantee,
    case rights.kind
        when 'schema' then 'schema ' || rights.schema_name || ' is open'
        else rights.kind || ' of ' || rights.schema_name || ' are open'
    end as what,
    'revoke all on ' || case rights.kind when 'schema' then 'schema ' else 'all ' || rights.kind || ' in schema ' end
    || rights.schema_name || ' from ' || everybody.name as remedy
from rights
cross join aclexplode(rights.acl) as acl
inner join everybody on acl.grantee = everybody.oid
where acl.grantee <> rights.owner
group by everybody.name, rights.kind, rights.schema_name
order by rights.kind <> 'schema', rights.schema_name, rights.kind, everybody.name
