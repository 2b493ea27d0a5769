-- One row per record of the newest load: what Kajabi says now.
with kajabi_rows as (select * from {{ ref('stg_kajabi__rows') }}),

stg_kajabi__contacts as (
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
    where is_newest
)

select * from stg_kajabi__contacts
