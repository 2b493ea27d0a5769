{{ config(indexes=[{'columns': ['load_id', 'row_number'], 'unique': true}]) }}
-- One row per record of the newest load and of the baseline load.
with loads as (select * from {{ source('kajabi_raw', 'loads') }}),

contact_rows as (select * from {{ source('kajabi_raw', 'contact_rows') }}),

newest_load as (
    select load_id from loads
    where newest_rank = (select max(newest_rank) from loads)
),

baseline_load as (
    select load_id from loads
    where baseline_rank = (select max(baseline_rank) from loads)
),

stg_kajabi__rows as (
    select
        -- ids
        contact_rows.load_id,
        contact_rows.row_number,
        {{ without_placeholder(trim_text('contact_rows.kajabi_id')) }} as kajabi_id,
        {{ without_placeholder(trim_text('contact_rows.kajabi_member_id')) }} as kajabi_member_id,
        {{ without_placeholder(clean_email('contact_rows.email')) }} as email_key,

        -- texts, trimmed only: what the old import saw
        {{ trim_text('contact_rows.email') }} as email,
        {{ list_fields(trim_text('contact_rows.FIELD') ~ ' as FIELD', without='phone') }},
        coalesce(
            {{ phone_text('contact_rows.phone_number') }},
            {{ phone_text('contact_rows.mobile_phone_number') }},
            {{ phone_text('contact_rows.phone') }},
            {{ trim_text('contact_rows.phone_number') }},
            {{ trim_text('contact_rows.mobile_phone_number') }},
            {{ trim_text('contact_rows.phone') }}
        ) as phone,

        -- times, as Kajabi writes them: 2024-05-06 18:01:32 -0700
        {{ trim_text('contact_rows.kajabi_created_at') }} as kajabi_created_at,

        -- booleans
        coalesce(contact_rows.load_id = (select load_id from newest_load), false) as is_newest,
        coalesce(contact_rows.load_id = (select load_id from baseline_load), false) as is_baseline
    from contact_rows
    -- two single values in place of a join, so that PostgreSQL can share the rows among its workers
    where contact_rows.load_id in ((select load_id from newest_load), (select load_id from baseline_load))
)

select * from stg_kajabi__rows
