-- One row per record of the base: the export that we last accepted.
with kajabi_rows as (select * from {{ ref('stg_kajabi__rows') }}),

stg_kajabi__baseline as (
    select
        -- ids
        row_number,
        kajabi_id,
        kajabi_member_id,
        email_key,

        -- texts
        email,
        first_name,
        last_name,
        phone,
        address_line_1,
        address_line_2,
        city,
        state,
        postal_code,
        country,

        -- times
        kajabi_created_at
    from kajabi_rows
    where is_base
)

select * from stg_kajabi__baseline
