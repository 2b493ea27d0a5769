-- Whether this login may work as each of the roles of roles.sql. From 16 on, a member may not always become the role.
select
    bool_and(
        pg_has_role(
            rolname, case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
        )
    ) as may_work_as_them
from pg_catalog.pg_roles
where rolname in ('kajabi_guard_loader', 'kajabi_guard_planner', 'kajabi_guard_applier')
