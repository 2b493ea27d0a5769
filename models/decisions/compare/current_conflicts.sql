{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per open conflict of which neither side has moved, with the base that it was opened with.
-- The texts that were noted are cleaned as today: another way of cleaning is no movement of Kajabi's.
with open_conflicts as (select * from {{ ref('stg_ledger__open_conflicts') }}),

three_way_cells as (select * from {{ ref('three_way_cells') }}),

recalled as (
    select
        contact_id,
        field,
        present_value,
        was_in_base,
        was_address_given,
        -- a conflict of an earlier version has the cleaned values only
        case
            when incoming_text is null then incoming_value
            else {{ clean_text('incoming_text', 'field') }}
        end as incoming_value,
        case
            when base_text is null then base_value
            else {{ clean_text('base_text', 'field') }}
        end as base_value
    from open_conflicts
),

current_conflicts as (
    select
        recalled.contact_id,
        recalled.field,
        recalled.base_value,
        recalled.was_in_base,
        recalled.was_address_given
    from recalled
    inner join three_way_cells
        on
            recalled.contact_id = three_way_cells.contact_id
            and recalled.field = three_way_cells.field
            and recalled.incoming_value is not distinct from three_way_cells.incoming_value
            and recalled.present_value is not distinct from three_way_cells.present_value
)

select * from current_conflicts
