-- The counts of a run that took another one back, in the same transaction as what they count.
update kajabi_ledger.merge_runs
set
    status = 'applied',
    updated_contacts = %(updated_contacts)s,
    inserted_contacts = %(inserted_contacts)s,
    removed_contacts = %(removed_contacts)s,
    values_written = %(values_written)s,
    links_written = %(links_written)s,
    values_left = %(values_left)s,
    contacts_left = %(contacts_left)s,
    finished_at = clock_timestamp()
where run_id = %(run_id)s
