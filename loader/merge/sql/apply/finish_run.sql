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
            sum(counted.figure_value) filter (where counted.figure in ('fill', 'update', 'link', 'keep')),
            sum(counted.figure_value) filter (where counted.figure = 'keep'),
            sum(counted.figure_value) filter (where counted.figure = 'needs_review')
        from kajabi_guard.impact_summary as counted
        where counted.section = 'values'
    ),
    rows_quarantined = (
        select counted.figure_value
        from kajabi_guard.impact_summary as counted
        where counted.section = 'contacts' and counted.figure = 'held'
    ),
    finished_at = clock_timestamp()
where run_id = %(run_id)s
