-- Who holds contacts so that a write would have to wait, and who holds a table of ours so that nobody can read it,
-- longest first. Role, state and start are null where this role may not see other people's sessions.
select
    nspname || '.' || relname as relation,
    locks.pid,
    bool_or(locks.mode = 'AccessExclusiveLock') as keeps_readers_out,
    coalesce(max(activity.usename), 'unknown') as role_name,
    coalesce(max(activity.state), 'unknown') as state,
    to_char(max(activity.xact_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as busy_since
from pg_catalog.pg_locks as locks
inner join pg_catalog.pg_class on locks.relation = pg_class.oid
inner join pg_catalog.pg_namespace on relnamespace = pg_namespace.oid
left join pg_catalog.pg_stat_activity as activity on locks.pid = activity.pid
where
    locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
    and locks.granted
    and (
        (nspname = 'public' and relname = 'contacts' and locks.mode <> 'AccessShareLock')
        or (nspname in ('kajabi_raw', 'kajabi_ledger') and relkind = 'r' and locks.mode = 'AccessExclusiveLock')
    )
    and locks.pid is distinct from pg_backend_pid()
group by nspname, relname, locks.pid
order by max(activity.xact_start) nulls last
