-- From now on this load is the baseline.
update kajabi_raw.loads
set baseline_rank = nextval('kajabi_raw.load_ranks'), baseline_how = %(baseline_how)s, baseline_at = now()
where load_id = %(load_id)s
