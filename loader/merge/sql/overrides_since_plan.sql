-- How many overrides the plan does not know yet: one row. An opt-out is counted apart: an export asks the ledger for
-- it, so it holds there without another plan.
with since as (
    select decided_at as recorded_at, false as is_opt_out from kajabi_ledger.overrides
    union all
    select decided_at, false from kajabi_ledger.match_overrides
    union all
    select recorded_at, field = 'email_subscribed' from kajabi_ledger.protections
    union all
    select recorded_at, false from kajabi_ledger.merged_contacts
    union all
    select declared_at, false from kajabi_ledger.no_merged_contacts_declared
)

select
    count(*) as count_overrides,
    count(*) filter (where is_opt_out) as count_opt_outs
from since
where recorded_at > (select planned_at from kajabi_guard.plan_summary)
