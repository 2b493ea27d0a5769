-- One row per restriction of the next plan; none, where it is for everybody.
with plan_scope as (select * from {{ source('kajabi_ledger', 'plan_scope') }}),

stg_ledger__plan_scope as (
    select
        only_email,
        first_count
    from plan_scope
)

select * from stg_ledger__plan_scope
