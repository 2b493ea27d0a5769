{{ config(materialized='view') }}
-- One row per record of the baseline.
with kajabi_rows as (select * from {{ ref('stg_kajabi__rows') }}),

stg_kajabi__baseline as (
    select
        row_number,
        kajabi_id,
        kajabi_member_id,
        email_key,
        email,
        {{ list_fields('FIELD') }},
        kajabi_created_at
    from kajabi_rows
    where is_baseline
)

select * from stg_kajabi__baseline
