-- Where another policy would decide differently: the plan that stands against the one in the schema of the comparison.
select
    decisions.field,
    decisions.rule,
    decisions.action,
    others.rule as other_rule,
    others.action as other_action,
    count(*) as count_values
from kajabi_guard.field_decisions as decisions
inner join kajabi_guard_comparison.field_decisions as others
    on decisions.contact_id = others.contact_id and decisions.field = others.field
where (decisions.rule, decisions.action) is distinct from (others.rule, others.action)
group by decisions.field, decisions.rule, decisions.action, others.rule, others.action
order by count(*) desc, decisions.field asc, decisions.rule asc
