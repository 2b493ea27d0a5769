-- Rights on all of contacts that no command needs, by the role that has them and lends them to the one in use. The
-- owner has them by nature, and so has who may work as the owner; that is no finding.
with granted as (
    select
        case when acl.grantee = 0 then 'public' else acl.grantee::regrole::text end as grantee,
        string_agg(lower(acl.privilege_type), ', ' order by acl.privilege_type) as rights
    from pg_catalog.pg_class
    inner join pg_catalog.pg_namespace on relnamespace = pg_namespace.oid
    cross join aclexplode(pg_class.relacl) as acl
    where
        nspname = 'public' and relname = 'contacts'
        and acl.privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES')
        and acl.grantee <> pg_class.relowner
        and (acl.grantee = 0 or pg_has_role(acl.grantee, 'usage'))
    group by acl.grantee
)

select
    grantee,
    rights,
    'revoke ' || rights || ' on public.contacts from ' || grantee as remedy
from granted
union all
select 'pg_write_all_data', 'delete', 'revoke pg_write_all_data from ' || quote_ident(current_user)
where pg_has_role('pg_write_all_data', 'usage')
order by grantee
