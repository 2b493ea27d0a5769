{{ config(materialized='view') }}
-- One row per contact and cell that a person decided: their newest word, and the value of Kajabi's that it was for.
-- A view: the guards ask it again at the write.
with decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

latest_overrides as (
    select distinct on (decisions_taken.contact_id, each_field.key)
        decisions_taken.contact_id,
        each_field.key as field,
        each_field.value as decided_value,
        -- ours, as the person saw it; null where that was not noted
        decisions_taken.present_values,
        decisions_taken.verdict
    from decisions_taken
    cross join lateral jsonb_each_text(decisions_taken.incoming_values) as each_field
    order by decisions_taken.contact_id asc, each_field.key asc, decisions_taken.decision_id desc
)

select * from latest_overrides
