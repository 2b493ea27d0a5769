-- Only for this transaction. row_security = off turns rows hidden by a policy into an error: a hidden contact looks
-- new.
-- pg_temp goes last on the search path, so that no temporary relation can stand in for another one; the path itself
-- stays the site's own, because its triggers on contacts may rely on it.
-- Read committed, whatever the database's default: what was committed while we waited for the lock must be seen.
set local transaction_isolation = 'read committed';
set local lock_timeout = '30s';
set local statement_timeout = '30min';
set local idle_in_transaction_session_timeout = '2min';
set local row_security = off;
set local client_connection_check_interval = '10s';
select set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), 'pg_temp'), true)
