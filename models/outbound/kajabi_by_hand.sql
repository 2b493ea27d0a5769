-- One row per cell that only a person can correct in Kajabi: it holds something there and is blank here.
-- A blank in a file could erase or do nothing, Kajabi does not say which, so none is ever sent.
with corrections as (select * from {{ ref('kajabi_corrections') }} where is_address_sent),

compared_values as (select * from {{ ref('compared_values') }} where field not in ('name', 'phone')),

contact_columns as (select * from {{ ref('stg_crm__columns') }}),

-- what this import takes from Kajabi is not to be emptied there
fills as (select * from {{ ref('field_decisions') }} where action = 'fill'),

weighed as (
    select
        *,
        -- the rest of Kajabi's address is replaced, and this part would stay beside ours
        bool_or(lower(our_value) <> lower(kajabi_value)) over (partition by contact_id) as is_rest_replaced
    from compared_values
),

kajabi_by_hand as (
    select
        corrections.contact_id,
        corrections.email,
        weighed.field,
        weighed.kajabi_value,
        coalesce(weighed.is_rest_replaced, false) as is_first
    from corrections
    inner join weighed on corrections.contact_id = weighed.contact_id
    -- what this site has no column for is not blank here
    inner join contact_columns on weighed.field = contact_columns.column_name
    left join fills on weighed.contact_id = fills.contact_id and weighed.field = fills.field
    where weighed.is_part_missing_here and fills.contact_id is null
)

select * from kajabi_by_hand
