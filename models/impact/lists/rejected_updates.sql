{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per value of Kajabi's that is not taken, with the reason; what needs a person comes first.
with field_decisions as (select * from {{ ref('field_decisions') }} where action = 'keep'),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

decision_rules as (select * from {{ ref('decision_rules') }}),

rejected_updates as (
    select
        field_decisions.contact_id,
        contacts.email,
        field_decisions.field,
        field_decisions.our_value,
        field_decisions.kajabi_value,
        field_decisions.rule,
        decision_rules.label,
        field_decisions.owner_label,
        field_decisions.needs_review
    from field_decisions
    inner join contacts on field_decisions.contact_id = contacts.id
    inner join decision_rules on field_decisions.rule = decision_rules.rule
)

select * from rejected_updates order by needs_review desc, email asc, field asc
