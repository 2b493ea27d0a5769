-- The values of the contacts that this run removed, as values taken back: none of them is written again by itself.
insert into kajabi_ledger.field_changes (
    run_id, contact_id, field, our_value, written_value, rule, old_source, old_since, old_source_run, is_source_noted
)
select
    %(run_id)s,
    changes.contact_id,
    changes.field,
    changes.written_value,
    null,
    'undone',
    sources.source,
    sources.since,
    sources.run_id as old_source_run,
    true
from kajabi_ledger.field_changes as changes
left join kajabi_ledger.contact_field_sources as sources
    on changes.contact_id = sources.contact_id and changes.field = sources.field
where changes.run_id = %(undoes_run)s and changes.contact_id = any(%(removed)s)
