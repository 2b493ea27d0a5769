{{ config(indexes=[{'columns': ['field', 'outcome', 'rule', 'owner', 'owner_class'], 'unique': true}]) }}
-- One row per field, outcome, rule and owner: what becomes of every difference, and whose values it met.
-- A write outside of a restricted plan waits.
with field_decisions as (select * from {{ ref('field_decisions') }}),

contact_writes as (select * from {{ ref('contact_writes') }} where is_in_plan),

outcomes as (
    select
        field_decisions.field,
        field_decisions.rule,
        coalesce(field_decisions.owner, 'nobody') as owner,
        coalesce(field_decisions.owner_label, 'nobody recorded') as owner_label,
        coalesce(field_decisions.owner_class, 'none') as owner_class,
        field_decisions.needs_review,
        case
            when field_decisions.action in ('fill', 'update', 'link') and contact_writes.contact_id is null then 'wait'
            else field_decisions.action
        end as outcome
    from field_decisions
    left join contact_writes on field_decisions.contact_id = contact_writes.contact_id
),

field_outcomes as (
    select
        field,
        outcome,
        rule,
        owner,
        owner_label,
        owner_class,
        count(*) as count_values,
        count(*) filter (where needs_review) as count_needs_review
    from outcomes
    group by field, outcome, rule, owner, owner_label, owner_class
)

select * from field_outcomes
