-- One row per value that the plan writes on an existing contact: who, field, from, to, and by which rule.
select
    plan.contact_as_seen ->> 'email' as email,
    concat_ws(' ', plan.contact_as_seen ->> 'first_name', plan.contact_as_seen ->> 'last_name') as name_here,
    written.key as field,
    plan.contact_as_seen ->> written.key as present_value,
    to_jsonb(plan) ->> written.key as final_value,
    written.value as rule,
    rules.label
from kajabi_guard.merge_plan as plan
cross join lateral jsonb_each_text(plan.field_rules) as written
inner join kajabi_guard.decision_rules as rules on written.value = rules.rule
left join kajabi_guard.field_policies as policies on written.key = policies.field
where plan.action = 'update'
order by plan.row_number, policies.position nulls last, written.key
