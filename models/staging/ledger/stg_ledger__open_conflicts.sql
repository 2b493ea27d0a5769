-- One row per contact and field that waits for a person, as both sides were when it began to wait.
with open_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

stg_ledger__open_conflicts as (
    select
        contact_id,
        field,
        present_value,
        incoming_value,
        incoming_text,
        base_value,
        base_text,
        was_in_base,
        was_address_given
    from open_conflicts
)

select * from stg_ledger__open_conflicts
