-- One row where the server has a database of this name.
select datname from pg_database where datname = %(name)s
