-- What waits for a person from now on. A conflict that stands already keeps its base and its date.
insert into kajabi_ledger.open_conflicts (
    contact_id, field, rule, incoming_value, present_value, base_value, was_in_base, opened_by_run
)
select contact_id, field, rule, incoming_value, present_value, base_value, is_in_base, %(run_id)s
from kajabi_guard.field_decisions
where needs_review
on conflict (contact_id, field) do nothing
