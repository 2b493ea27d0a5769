-- Roles for which row-level security may hide contacts: the one in use, and the owner of the models.
-- A hidden contact would look new and be inserted a second time.
select roles.rolname as role_name
from pg_roles as roles
cross join (select * from pg_class where oid = 'public.contacts'::regclass) as contacts -- noqa: ST05
where
    (
        roles.rolname = current_user
        or roles.oid in (
            select relowner from pg_class where relnamespace = to_regnamespace('kajabi_guard') and relkind in ('r', 'v')
        )
    )
    and contacts.relrowsecurity
    and not roles.rolsuper
    and not roles.rolbypassrls
    and (contacts.relforcerowsecurity or not pg_has_role(roles.oid, contacts.relowner, 'usage'))
order by roles.rolname
