{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}, {'columns': ['row_number'], 'unique': true}]) }}
-- One row per contact to write: the values that will stand, which rule wrote each, and the contact as the plan saw it.
with contact_writes as (select * from {{ ref('contact_writes') }} where is_in_plan),

merge_plan as (
    select
        -- ids
        action,
        contact_id,
        row_number,

        -- the values that will stand
        final_values ->> 'email' as email,
        {{ list_fields("final_values ->> 'FIELD' as FIELD", planned_fields()) }},

        -- why, and on what ground
        field_rules,
        contact_as_seen
    from contact_writes
)

select * from merge_plan
