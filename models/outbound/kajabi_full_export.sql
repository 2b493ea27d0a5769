-- One row of a file for Kajabi: a living contact that has a Kajabi id, with every value of ours. Null: not sent.
-- What waits for a person, or would lose a part that only Kajabi has, is left out here as well.
with records as (
    select * from {{ ref('sendable_records') }} where left_out_because is null and kajabi_id is not null
),

correction_units as (select * from {{ ref('correction_units') }} where verdict in ('waits', 'incomplete')),

units as (
    select
        contact_id,
        bool_or(unit = 'name') as is_name_kept_back,
        bool_or(unit = 'phone') as is_phone_kept_back,
        bool_or(unit = 'address') as is_address_kept_back
    from correction_units
    group by contact_id
),

weighed as (
    select
        records.*,
        coalesce(units.is_name_kept_back, false) as is_name_kept_back,
        coalesce(units.is_phone_kept_back, false) as is_phone_kept_back,
        has_address and not coalesce(units.is_address_kept_back, false) as is_address_sent
    from records
    left join units on records.contact_id = units.contact_id
),

kajabi_full_export as (
    select
        contact_id,
        email_key,
        row_number,
        email,
        case when not is_name_kept_back then name end as name,
        case when not is_phone_kept_back then phone end as phone,
        {{ list_fields('case when is_address_sent then FIELD end as FIELD', address_fields()) }}
    from weighed
)

select * from kajabi_full_export
