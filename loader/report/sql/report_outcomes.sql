-- What becomes of every difference, field by field and rule by rule.
select
    outcomes.field,
    outcomes.outcome,
    outcomes.rule,
    rules.label,
    sum(outcomes.count_values)::bigint as count_values,
    sum(outcomes.count_needs_review)::bigint as count_needs_review
from kajabi_guard.field_outcomes as outcomes
inner join kajabi_guard.decision_rules as rules on outcomes.rule = rules.rule
left join kajabi_guard.field_policies as policies on outcomes.field = policies.field
where outcomes.outcome <> 'none'
group by outcomes.field, outcomes.outcome, outcomes.rule, rules.label, rules.rule_order, policies.position
order by policies.position nulls last, outcomes.field, outcomes.outcome, rules.rule_order
