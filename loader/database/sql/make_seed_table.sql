-- The table of one seed, with the rows of its file as JSON, whose texts become the types of the columns. What reads the
-- table that was there is dropped with it: dbt makes that anew.
drop table if exists {table} cascade;
create table {table} ({columns});
insert into {table} select * from jsonb_populate_recordset(null::{table}, {rows});
analyze {table};
