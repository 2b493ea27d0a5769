-- The records that are there now for one load.
select count(*) as count_rows from kajabi_raw.contact_rows where load_id = %(load_id)s
