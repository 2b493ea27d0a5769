-- The run's counts, in the same transaction as what they count; and how far we diverge from Kajabi, as the plan's
-- report counted it: the figures of the weeks so far.
update kajabi_ledger.merge_runs
set
    status = 'applied',
    updated_contacts = %(updated_contacts)s,
    inserted_contacts = %(inserted_contacts)s,
    values_written = %(values_written)s,
    links_written = %(links_written)s,
    enriched_before = %(enriched_before)s,
    enriched_after = %(enriched_after)s,
    (differences, values_kept, values_for_review) = (
        select
            counted.fill + counted.update + counted.link + counted.keep,
            counted.keep,
            counted.needs_review
        from kajabi_guard.value_figures as counted
    ),
    rows_held = (select met.held from kajabi_guard.contact_figures as met),
    finished_at = clock_timestamp()
where run_id = %(run_id)s
