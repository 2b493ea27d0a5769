-- One row per contact and field that waits for a person, as both sides were when it began to wait.
-- The texts that were noted are cleaned as today: another way of cleaning is no movement of Kajabi's.
with open_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

stg_ledger__open_conflicts as (
    select
        contact_id,
        field,
        present_value,
        -- a conflict of an earlier version has the cleaned values only
        case
            when incoming_text is null then incoming_value
            else {{ clean_text('incoming_text', 'field') }}
        end as incoming_value,
        case
            when base_text is null then base_value
            else {{ clean_text('base_text', 'field') }}
        end as base_value,
        was_in_base,
        was_address_given
    from open_conflicts
)

select * from stg_ledger__open_conflicts
