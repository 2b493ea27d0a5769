-- One row: which database this is.
with database_identity as (select * from {{ source('kajabi_ledger', 'database_identity') }}),

stg_ledger__database_identity as (
    select identity from database_identity
)

select * from stg_ledger__database_identity
