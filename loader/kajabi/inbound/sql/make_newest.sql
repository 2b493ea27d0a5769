-- From now on plans are made from this load.
update kajabi_raw.loads
set newest_rank = nextval('kajabi_raw.load_ranks')
where load_id = %(load_id)s
