{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row that the baseline knows: the baseline's row of the same person, by Kajabi id, else by email.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

baseline_by_id as (
    select distinct on (kajabi_id)
        kajabi_id,
        row_number
    from baseline
    where kajabi_id is not null
    order by kajabi_id, row_number
),

baseline_by_email as (
    select distinct on (email_key)
        email_key,
        row_number
    from baseline
    where email_key is not null
    order by email_key, row_number
),

baseline_rows as (
    select
        exports.row_number,
        coalesce(baseline_by_id.row_number, baseline_by_email.row_number) as baseline_row_number
    from exports
    left join baseline_by_id on exports.kajabi_id = baseline_by_id.kajabi_id
    left join baseline_by_email on exports.email_key = baseline_by_email.email_key
    where coalesce(baseline_by_id.row_number, baseline_by_email.row_number) is not null
)

select * from baseline_rows
