{{ config(materialized='view') }}
-- One row per column of contacts that this site has. A view: the fingerprint asks for it at the write as well.
with contact_columns as (
    select attname::text as column_name
    from pg_catalog.pg_attribute
    where
        attrelid = '{{ source("crm", "contacts") }}'::regclass
        and attnum > 0
        and not attisdropped
),

stg_crm__columns as (
    select column_name from contact_columns
)

select * from stg_crm__columns
