-- One row per value written: what stood there, what stands there now, and by which rule.
insert into kajabi_ledger.field_changes (run_id, contact_id, field, old_value, new_value, rule)
select
    planned.run_id,
    planned.contact_id,
    written.key,
    planned.contact_as_seen ->> written.key,
    to_jsonb(planned) ->> written.key,
    written.value
from kajabi_ledger.planned_rows as planned
cross join lateral jsonb_each_text(planned.field_rules) as written
where planned.run_id = %(run_id)s
