-- One row per field and rule: how many differences it decided.
with field_decisions as (select * from {{ ref('field_decisions') }}),

decision_rules as (select * from {{ ref('decision_rules') }}),

impact_by_field as (
    select
        field_decisions.field,
        field_decisions.rule,
        decision_rules.action,
        decision_rules.label,
        count(*) as count_values,
        count(*) filter (where field_decisions.needs_review) as count_needs_review
    from field_decisions
    left join decision_rules on field_decisions.rule = decision_rules.rule
    group by field_decisions.field, field_decisions.rule, decision_rules.action, decision_rules.label
)

select * from impact_by_field
