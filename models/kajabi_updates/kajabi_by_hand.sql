-- One row per cell that only a person can correct in Kajabi: it holds something there and is blank here.
-- A blank in a file could erase or do nothing, Kajabi does not say which, so none is ever sent.
with corrections as (select * from {{ ref('kajabi_corrections') }} where is_address_sent),

compared_values as (select * from {{ ref('compared_values') }} where field not in ('name', 'phone')),

correction_cells as (select * from {{ ref('correction_cells') }} where unit = 'address'),

-- what this import takes from Kajabi is not to be emptied there
fills as (select * from {{ ref('field_decisions') }} where action = 'fill'),

kajabi_by_hand as (
    select
        corrections.contact_id,
        corrections.email,
        compared_values.field,
        compared_values.kajabi_value,
        -- the rest of Kajabi's address is replaced, and this part would stay beside ours
        exists(
            select from correction_cells
            where correction_cells.contact_id = corrections.contact_id and correction_cells.kajabi_value is not null
        ) as is_first
    from corrections
    inner join compared_values on corrections.contact_id = compared_values.contact_id
    left join fills
        on compared_values.contact_id = fills.contact_id and compared_values.field = fills.field
    where compared_values.is_part_missing_here and fills.contact_id is null
)

select * from kajabi_by_hand
