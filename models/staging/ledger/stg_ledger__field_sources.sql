-- One row per contact and field of which the ledger knows who gave it.
with contact_field_sources as (select * from {{ source('kajabi_ledger', 'contact_field_sources') }}),

stg_ledger__field_sources as (
    select
        contact_id,
        field,
        source
    from contact_field_sources
)

select * from stg_ledger__field_sources
