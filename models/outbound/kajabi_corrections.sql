-- One row of a file for Kajabi: a contact whose address (or name, or phone) Kajabi should correct. Null: not sent.
-- The address is sent whole, as far as ours is filled: what Kajabi holds afterwards is ours, whatever it got meanwhile.
with records as (select * from {{ ref('sendable_records') }} where left_out_because is null),

correction_units as (select * from {{ ref('correction_units') }} where verdict = 'correct'),

units as (
    select
        contact_id,
        bool_or(unit = 'name') as is_name_sent,
        bool_or(unit = 'phone') as is_phone_sent,
        bool_or(unit = 'address') as is_address_sent
    from correction_units
    group by contact_id
),

kajabi_corrections as (
    select
        -- ids
        records.contact_id,
        records.row_number,
        records.email_key,

        -- which units differ
        units.is_name_sent,
        units.is_phone_sent,
        units.is_address_sent,

        -- the row
        records.email,
        case when units.is_name_sent then records.name end as name,
        case when units.is_phone_sent then records.phone end as phone,
        {{ list_fields('case when units.is_address_sent then records.FIELD end as FIELD', address_fields()) }}
    from records
    inner join units on records.contact_id = units.contact_id
)

select * from kajabi_corrections
