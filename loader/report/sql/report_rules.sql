-- Every rule of the seed, with what it decided in this plan; a rule that decided nothing has zero.
select
    rules.rule,
    rules.label,
    rules.action,
    coalesce(sum(by_field.count_values), 0)::bigint as count_values,
    coalesce(sum(by_field.count_needs_review), 0)::bigint as count_needs_review
from kajabi_guard.decision_rules as rules
left join kajabi_guard.field_outcomes as by_field on rules.rule = by_field.rule
group by rules.rule, rules.label, rules.action, rules.rule_order
order by rules.rule_order
