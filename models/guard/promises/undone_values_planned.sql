-- One row per planned value that an undo took back and that no person has asked for since.
-- The plan that was undone is no case of it: whoever applies that very fingerprint again has asked for it.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

plan_summary as (select * from {{ ref('plan_summary') }}),

undone_values as (select * from {{ ref('stg_ledger__undone_values') }}),

decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

undone_values_planned as (
    select
        undone_values.contact_id,
        undone_values.field,
        undone_values.undone_by_run
    from undone_values
    inner join merge_plan on undone_values.contact_id = merge_plan.contact_id
    where
        merge_plan.contact_as_seen ->> undone_values.field is distinct from undone_values.taken_back_value
        and to_jsonb(merge_plan) ->> undone_values.field = undone_values.taken_back_value
        and not exists (select from plan_summary where plan_summary.fingerprint = undone_values.fingerprint)
        and not exists (
            select from decisions_taken
            where
                decisions_taken.contact_id = undone_values.contact_id
                and decisions_taken.incoming_values ? undone_values.field
                and decisions_taken.verdict = 'kajabi'
                and decisions_taken.after_run >= undone_values.undone_by_run
        )
)

select * from undone_values_planned
