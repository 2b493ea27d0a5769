-- How many records a load has, which is known when they have been copied.
update kajabi_raw.loads set row_count = %(row_count)s where load_id = %(load_id)s
