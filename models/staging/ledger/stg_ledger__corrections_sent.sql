-- One row per contact and field that was sent to Kajabi as a correction: what was sent last.
with corrections_sent as (select * from {{ source('kajabi_ledger', 'corrections_sent') }}),

stg_ledger__corrections_sent as (
    select
        contact_id,
        field,
        value_sent,
        kajabi_value,
        export_id
    from corrections_sent
)

select * from stg_ledger__corrections_sent
