-- What waits for a person from now on. A conflict that stands already keeps its baseline and its date.
insert into kajabi_ledger.open_conflicts (
    contact_id, field, rule, kajabi_value, kajabi_text, our_value, baseline_value, baseline_text, was_in_baseline,
    was_address_given, opened_by_run
)
select
    decisions.contact_id,
    decisions.field,
    decisions.rule,
    decisions.kajabi_value,
    cells.kajabi_text,
    decisions.our_value,
    decisions.baseline_value,
    cells.baseline_text,
    decisions.is_in_baseline,
    case when policies.is_address then units.is_address_given end,
    %(run_id)s
from kajabi_guard.field_decisions as decisions
inner join kajabi_guard.three_way_cells as cells
    on decisions.contact_id = cells.contact_id and decisions.field = cells.field
left join kajabi_guard.field_policies as policies on decisions.field = policies.field
left join kajabi_guard.address_survivorship as units on decisions.contact_id = units.contact_id
where decisions.needs_review
on conflict (contact_id, field) do nothing
