-- One row: which database this is, the newest word of each kind, and whether it was ever said who was merged away.
with database_identity as (select identity from {{ source('kajabi_ledger', 'database_identity') }}),

stg_ledger__state as (
    select
        identity as database_identity,
        (select max(override_id) from {{ source('kajabi_ledger', 'overrides') }}) as latest_override,
        (select max(match_override_id) from {{ source('kajabi_ledger', 'match_overrides') }}) as latest_match_override,
        (select max(protection_id) from {{ source('kajabi_ledger', 'protections') }}) as latest_protection,
        exists (select from {{ source('kajabi_ledger', 'merged_contacts') }})
        or exists (select from {{ source('kajabi_ledger', 'no_merged_contacts_declared') }})
            as are_merged_contacts_known
    from database_identity
)

select * from stg_ledger__state
