-- From now on this load is the base: the export that we last accepted.
update kajabi_raw.loads
set base_rank = nextval('kajabi_raw.load_ranks'), base_how = %(base_how)s, base_at = now()
where load_id = %(load_id)s
