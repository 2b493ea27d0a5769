-- One row per time that a person protected a field, or set it free again.
with protections as (select * from {{ source('kajabi_ledger', 'protections') }}),

stg_ledger__protections as (
    select protection_id from protections
)

select * from stg_ledger__protections
