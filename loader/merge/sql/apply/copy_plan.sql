-- The ledger's copy of the plan: what is fingerprinted and merged below, and what this run can be explained with later.
insert into kajabi_ledger.planned_rows (
    run_id, action, contact_id, row_number, email, field_rules, contact_as_seen,
    first_name -- each field, by commas
)
select
    %(run_id)s, action, contact_id, row_number, email, field_rules, contact_as_seen,
    first_name -- each field, by commas
from kajabi_guard.merge_plan
