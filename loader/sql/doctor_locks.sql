-- Who holds contacts so that a write would have to wait, longest first. State and start are null where this role may
-- not see other people's sessions.
select
    activity.usename as role_name,
    coalesce(activity.state, 'unknown') as state,
    to_char(activity.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as busy_since
from pg_catalog.pg_locks as locks
inner join pg_catalog.pg_stat_activity as activity on locks.pid = activity.pid
where
    locks.relation = to_regclass('public.contacts')
    and locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
    and locks.granted
    and locks.mode <> 'AccessShareLock'
    and locks.pid <> pg_backend_pid()
order by activity.xact_start nulls last
