-- The table of one seed, with the rows of its file as JSON, whose texts become the types of the columns. What reads the
-- table that was there is dropped with it: dbt makes that anew.
drop table if exists %(seed_table)s cascade;
create table %(seed_table)s as
select seed.* from jsonb_to_recordset(%(seed_rows)s) as seed (%(seed_columns)s);
analyze %(seed_table)s;
