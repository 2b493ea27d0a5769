{{ config(indexes=[{'columns': ['person_key', 'field'], 'unique': true}]) }}
-- One row per value that the plan writes on an existing contact, and one per contact that it inserts.
with merge_plan as (select * from {{ ref('merge_plan') }}),

field_decisions as (select * from {{ ref('field_decisions') }}),

written as (
    select
        merge_plan.contact_id::text as person_key,
        merge_plan.contact_id,
        merge_plan.contact_as_seen ->> 'email' as email,
        planned.key as field,
        merge_plan.contact_as_seen ->> planned.key as our_value,
        to_jsonb(merge_plan) ->> planned.key as final_value,
        planned.value as rule
    from merge_plan
    cross join lateral jsonb_each_text(merge_plan.field_rules) as planned
    where merge_plan.action = 'update'
),

planned_cells as (
    select
        written.person_key,
        written.contact_id,
        written.email,
        written.field,
        field_decisions.action,
        written.our_value,
        written.final_value,
        written.rule
    from written
    left join field_decisions
        on written.contact_id = field_decisions.contact_id and written.field = field_decisions.field
    union all
    select
        -- the id that a new contact will have is another one in another load; the email is not
        email as person_key,
        contact_id,
        email,
        'new_contact' as field,
        action,
        null as our_value,
        concat_ws(', ', {{ list_fields('FIELD', planned_fields()) }}) as final_value,
        null as rule
    from merge_plan
    where action = 'insert'
)

select * from planned_cells
