-- Provenance of what was written: Kajabi gave it. A source of somebody else is never overwritten (a guard saw to that).
insert into kajabi_ledger.contact_field_sources as sources (contact_id, field, source, run_id)
select contact_id, field, 'kajabi', run_id
from kajabi_ledger.field_changes
where run_id = %(run_id)s and field not in ('email', 'kajabi_id', 'kajabi_member_id')
on conflict (contact_id, field) do update
    set since = statement_timestamp(), run_id = excluded.run_id
    where sources.source = 'kajabi'
