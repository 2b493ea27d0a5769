-- The names of all roles of this server.
select rolname as role_name from pg_catalog.pg_roles
