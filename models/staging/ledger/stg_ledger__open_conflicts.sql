-- One row per contact and field that waits for a person, as both sides were when it began to wait.
-- The texts that were noted are cleaned as today: another way of cleaning is no movement of Kajabi's.
with open_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

stg_ledger__open_conflicts as (
    select
        contact_id,
        field,
        our_value,
        -- a conflict of an earlier version has the cleaned values only
        case
            when kajabi_text is null then kajabi_value
            else {{ clean_text('kajabi_text', 'field') }}
        end as kajabi_value,
        case
            when baseline_text is null then baseline_value
            else {{ clean_text('baseline_text', 'field') }}
        end as baseline_value,
        was_in_baseline,
        was_address_given
    from open_conflicts
)

select * from stg_ledger__open_conflicts
