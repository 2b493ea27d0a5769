-- How many words of people the plan does not know yet: one row. An opt-out is counted apart: an export asks for it
-- itself, so it holds there without another plan.
with words as (
    select decided_at as said_at, false as is_opt_out from kajabi_ledger.overrides
    union all
    select settled_at, false from kajabi_ledger.match_overrides
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
from words
where said_at > (select planned_at from kajabi_guard.plan_summary)
