-- Who holds the run lock, and since when; nulls where this role may not see other people's sessions.
select
    activity.usename as role_name,
    activity.application_name,
    to_char(activity.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as busy_since
from pg_locks as locks
inner join pg_stat_activity as activity on locks.pid = activity.pid
where
    locks.locktype = 'advisory'
    and locks.granted
    and (locks.classid::bigint << 32 | locks.objid::bigint) = 7521962890
    and activity.datname = current_database()
