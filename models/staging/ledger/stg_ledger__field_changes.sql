-- One row per value that a run has written.
with field_changes as (select * from {{ source('kajabi_ledger', 'field_changes') }}),

stg_ledger__field_changes as (
    select
        run_id,
        contact_id,
        field,
        our_value,
        written_value,
        rule
    from field_changes
)

select * from stg_ledger__field_changes
