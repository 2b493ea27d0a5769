{{ config(materialized='view') }}
-- One row per record of the newest load: what Kajabi says now.
with kajabi_rows as (select * from {{ ref('stg_kajabi__rows') }}),

stg_kajabi__contacts as (
    select
        row_number,
        kajabi_id,
        kajabi_member_id,
        email_key,
        email,
        {{ list_fields('FIELD') }},
        kajabi_created_at
    from kajabi_rows
    where is_newest
)

select * from stg_kajabi__contacts
