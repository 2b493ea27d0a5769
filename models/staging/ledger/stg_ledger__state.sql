-- One row: which database this is, the newest word of each kind, and whether it was ever said who was merged away.
with database_identity as (select identity from {{ source('kajabi_ledger', 'database_identity') }}),

stg_ledger__state as (
    select
        identity as database_identity,
        (select max(decision_id) from {{ source('kajabi_ledger', 'decisions_taken') }}) as newest_decision,
        (select max(settlement_id) from {{ source('kajabi_ledger', 'settlements') }}) as newest_settlement,
        (select max(protection_id) from {{ source('kajabi_ledger', 'protections') }}) as newest_protection,
        exists (select from {{ source('kajabi_ledger', 'known_duplicates') }})
        or exists (select from {{ source('kajabi_ledger', 'duplicates_declared_none') }}) as are_merged_contacts_known
    from database_identity
)

select * from stg_ledger__state
