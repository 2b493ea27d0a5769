{{ config(materialized='view') }}
-- One row per contact and cell that a person decided: their newest word, and the value of Kajabi's that it was for.
-- A view: the guards ask it again at the write.
with overrides as (select * from {{ ref('stg_ledger__overrides') }}),

latest_overrides as (
    select distinct on (overrides.contact_id, each_field.key)
        overrides.contact_id,
        each_field.key as field,
        each_field.value as decided_value,
        -- ours, as the person saw it; null where that was not noted
        overrides.present_values,
        overrides.verdict
    from overrides
    cross join lateral jsonb_each_text(overrides.incoming_values) as each_field
    order by overrides.contact_id asc, each_field.key asc, overrides.decision_id desc
)

select * from latest_overrides
