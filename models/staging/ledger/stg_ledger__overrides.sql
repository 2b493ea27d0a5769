-- One row per override: what a steward decided about a cell or an address, for exactly these values. The newest counts.
with overrides as (select * from {{ source('kajabi_ledger', 'overrides') }}),

stg_ledger__overrides as (
    select
        override_id,
        contact_id,
        field,
        decision,
        kajabi_values,
        our_values,
        after_run
    from overrides
)

select * from stg_ledger__overrides
