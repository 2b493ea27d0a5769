-- The server process that answers: another one from one transaction to the next means a pooler in transaction mode.
select pg_backend_pid() as pid
