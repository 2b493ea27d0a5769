-- One row per difference that no rule decided, or whose rule the seed does not know.
with field_differences as (select * from {{ ref('field_differences') }}),

field_decisions as (select * from {{ ref('field_decisions') }}),

decision_rules as (select * from {{ ref('decision_rules') }}),

guard_undecided_values as (
    select
        field_differences.contact_id,
        field_differences.field,
        field_decisions.rule
    from field_differences
    left join field_decisions
        on
            field_differences.contact_id = field_decisions.contact_id
            and field_differences.field = field_decisions.field
    left join decision_rules on field_decisions.rule = decision_rules.rule
    where
        decision_rules.rule is null
        or field_decisions.action is null
        or field_decisions.action not in (decision_rules.action, decision_rules.action_if_followed)
)

select * from guard_undecided_values
