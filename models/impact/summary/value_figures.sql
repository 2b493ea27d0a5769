-- One row: how many values are written, linked or kept. Writes outside of a restricted plan count as kept.
with field_decisions as (select * from {{ ref('field_decisions') }}),

contact_writes as (select * from {{ ref('contact_writes') }} where is_in_plan),

value_figures as (
    select
        count(*) filter (where field_decisions.action = 'fill' and contact_writes.contact_id is not null) as fill,
        count(*) filter (where field_decisions.action = 'update' and contact_writes.contact_id is not null) as update,
        count(*) filter (
            where field_decisions.action = 'keep'
            or (field_decisions.action <> 'none' and contact_writes.contact_id is null)
        ) as keep,
        count(*) filter (where field_decisions.action = 'link' and contact_writes.contact_id is not null) as link,
        count(*) filter (where field_decisions.needs_review) as needs_review
    from field_decisions
    left join contact_writes on field_decisions.contact_id = contact_writes.contact_id
)

select * from value_figures
