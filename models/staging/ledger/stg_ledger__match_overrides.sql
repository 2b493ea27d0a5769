-- One row per override of a match: what a person said about an export row. The newest of a row counts.
with settlements as (select * from {{ source('kajabi_ledger', 'settlements') }}),

stg_ledger__match_overrides as (
    select
        settlement_id,
        row_key,
        verdict,
        contact_id
    from settlements
)

select * from stg_ledger__match_overrides
