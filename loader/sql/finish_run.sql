-- The run's counts, in the same transaction as what they count.
update kajabi_ledger.merge_runs
set
    status = 'applied',
    updated_contacts = %(updated_contacts)s,
    inserted_contacts = %(inserted_contacts)s,
    values_written = %(values_written)s,
    links_written = %(links_written)s,
    enriched_before = %(enriched_before)s,
    enriched_after = %(enriched_after)s,
    finished_at = clock_timestamp()
where run_id = %(run_id)s
