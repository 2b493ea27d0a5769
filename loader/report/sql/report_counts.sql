-- What is only reported, never written; and source labels that the seed does not know: they protect.
select
    (select count(*) from kajabi_guard.vanished_contacts) as vanished_contacts,
    (select count(*) from kajabi_guard.email_changes) as email_changes,
    (
        select coalesce(jsonb_agg(source_label order by source_label), '[]'::jsonb)
        from kajabi_guard.stg_ledger__source_labels where provenance_class = 'unknown'
    ) as unknown_labels
