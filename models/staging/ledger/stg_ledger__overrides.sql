-- One row per override: what a person decided about a cell or an address, for exactly these values. The newest counts.
with decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

stg_ledger__overrides as (
    select
        decision_id,
        contact_id,
        field,
        verdict,
        incoming_values,
        present_values,
        after_run
    from decisions_taken
)

select * from stg_ledger__overrides
