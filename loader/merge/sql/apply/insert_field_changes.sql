-- One row per value written: what stood there, what stands there now, by which rule, and who had given the former.
insert into kajabi_ledger.field_changes (
    run_id, contact_id, field, our_value, written_value, rule, old_source, old_since, old_source_run, is_source_noted
)
select
    planned.run_id,
    planned.contact_id,
    written.key,
    planned.contact_as_seen ->> written.key,
    to_jsonb(planned) ->> written.key,
    written.value,
    sources.source,
    sources.since,
    sources.run_id as old_source_run,
    true
from kajabi_ledger.planned_rows as planned
cross join lateral jsonb_each_text(planned.field_rules) as written
left join kajabi_ledger.contact_field_sources as sources
    on planned.contact_id = sources.contact_id and written.key = sources.field
where planned.run_id = %(run_id)s
