-- What the plan was made from, besides the contacts, and is not the same any more: the names of `plan_inputs`.
select now_there.key as moved
from kajabi_guard.plan_summary
cross join kajabi_guard.plan_inputs
cross join lateral jsonb_each(to_jsonb(plan_inputs)) as now_there
where now_there.value is distinct from plan_summary.inputs -> now_there.key
order by now_there.key
