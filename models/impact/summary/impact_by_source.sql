{{ config(indexes=[{'columns': ['owner', 'owner_class', 'rule'], 'unique': true}]) }}
-- One row per owner and rule: whose values met a difference, and what was decided.
with field_decisions as (select * from {{ ref('field_decisions') }}),

impact_by_source as (
    select
        coalesce(owner, 'nobody') as owner,
        coalesce(owner_label, 'nobody recorded') as owner_label,
        coalesce(owner_class, 'none') as owner_class,
        rule,
        count(*) as count_values
    from field_decisions
    group by owner, owner_label, owner_class, rule
)

select * from impact_by_source
