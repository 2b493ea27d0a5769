-- One row per time that somebody said that there is nobody who was merged away.
with duplicates_declared_none as (select * from {{ source('kajabi_ledger', 'duplicates_declared_none') }}),

stg_ledger__none_merged as (
    select declared_at from duplicates_declared_none
)

select * from stg_ledger__none_merged
