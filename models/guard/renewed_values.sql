-- One row per planned value that an undo took back and that no person has asked for since.
-- The plan that was undone is no case of it: whoever applies that very fingerprint again has asked for it.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

plan_summary as (select * from {{ ref('plan_summary') }}),

taken_back as (select * from {{ ref('stg_ledger__taken_back') }}),

decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

renewed_values as (
    select
        taken_back.contact_id,
        taken_back.field,
        taken_back.undone_by_run
    from taken_back
    inner join merge_plan on taken_back.contact_id = merge_plan.contact_id
    where
        merge_plan.contact_as_seen ->> taken_back.field is distinct from taken_back.taken_back_value
        and to_jsonb(merge_plan) ->> taken_back.field = taken_back.taken_back_value
        and not exists (select from plan_summary where plan_summary.fingerprint = taken_back.fingerprint)
        and not exists (
            select from decisions_taken
            where
                decisions_taken.contact_id = taken_back.contact_id
                and decisions_taken.incoming_values ? taken_back.field
                and decisions_taken.verdict = 'kajabi'
                and decisions_taken.after_run >= taken_back.undone_by_run
        )
)

select * from renewed_values
