-- What an export sends to Kajabi, cell by cell: only where Kajabi has another value. A cell that was sent before is
-- looked for with its newest value.
insert into kajabi_ledger.corrections_sent as sent (
    contact_id, field, value_sent, kajabi_value, export_id, sent_by
)
select
    contact_id,
    field,
    value_sent,
    kajabi_value,
    %(export_id)s,
    %(made_by)s
from kajabi_guard.correction_cells
where unit = any(%(units)s) and contact_id = any(%(contact_ids)s)
on conflict (contact_id, field) do update
    set
        value_sent = excluded.value_sent,
        kajabi_value = excluded.kajabi_value,
        export_id = excluded.export_id,
        sent_at = excluded.sent_at,
        sent_by = excluded.sent_by
