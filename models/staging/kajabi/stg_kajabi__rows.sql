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

-- `offset 0`: each text is trimmed once, and not again wherever it is used
trimmed as (
    select
        load_id,
        row_number,
        {{ list_fields(trim_text(id_digits('FIELD')) ~ ' as FIELD', 'kajabi_id kajabi_member_id') }},
        {{ trim_text('email') }} as email,
        {{ trim_text('phone_number') }} as phone_number,
        {{ trim_text('mobile_phone_number') }} as mobile_phone_number,
        {{ list_fields(trim_text('FIELD') ~ ' as FIELD') }},
        {{ trim_text('kajabi_created_at') }} as kajabi_created_at
    from contact_rows
    -- two single values in place of a join, so that PostgreSQL can share the rows among its workers
    where load_id in ((select load_id from newest_load), (select load_id from baseline_load))
    offset 0 -- noqa: AM09
),

stg_kajabi__rows as (
    select
        -- ids
        load_id,
        row_number,
        {{ without_placeholder('kajabi_id') }} as kajabi_id,
        {{ without_placeholder('kajabi_member_id') }} as kajabi_member_id,
        {{ without_placeholder(clean_email(bare_email('email'))) }} as email_key,

        -- texts, trimmed only: what the old import saw
        email,
        {{ list_fields('FIELD', without='phone') }},
        coalesce(
            {{ phone_text('phone_number') }},
            {{ phone_text('mobile_phone_number') }},
            {{ phone_text('phone') }},
            phone_number,
            mobile_phone_number,
            phone
        ) as phone,

        -- times, as Kajabi writes them: 2024-05-06 18:01:32 -0700
        kajabi_created_at,

        -- booleans
        coalesce(load_id = (select load_id from newest_load), false) as is_newest,
        coalesce(load_id = (select load_id from baseline_load), false) as is_baseline
    from trimmed
)

select * from stg_kajabi__rows
