-- The ledger's copy of the plan: what is fingerprinted and merged below, and what this run can be explained with later.
insert into kajabi_ledger.planned_rows (
    run_id, action, contact_id, row_number, email, first_name, last_name, phone, address_line_1, address_line_2,
    city, state, postal_code, country, kajabi_id, kajabi_member_id, field_rules, contact_as_seen
)
select
    %(run_id)s, action, contact_id, row_number, email, first_name, last_name, phone, address_line_1, address_line_2,
    city, state, postal_code, country, kajabi_id, kajabi_member_id, field_rules, contact_as_seen
from kajabi_guard.merge_plan
