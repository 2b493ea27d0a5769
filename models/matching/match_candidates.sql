{{ config(
    indexes=[{'columns': ['row_number', 'contact_id', 'key_name'], 'unique': true}],
    meta={'may_be_null': ['contact_id']}
) }}
-- One row per export row, contact and key that pairs them. Every candidate is kept: the report can show why.
-- `not materialized`: what is read twice would be copied first, and the copy costs more than reading it again.
with exports as not materialized (select * from {{ ref('stg_kajabi__contacts') }}),

contact_keys as not materialized (select * from {{ ref('contact_keys') }}),

paired_by_id as (
    select
        exports.row_number,
        contact_keys.*
    from exports
    inner join contact_keys
        on
            exports.kajabi_id = contact_keys.key_value
            and contact_keys.key_name in ('kajabi_id', 'merged_kajabi_id')
),

paired_by_email as (
    select
        exports.row_number,
        contact_keys.*
    from exports
    inner join contact_keys
        on
            exports.email_key = contact_keys.key_value
            and contact_keys.key_name in ('primary_email', 'other_email', 'merged_email')
),

match_candidates as (
    select row_number, contact_id, key_name, key_order, is_deleted from paired_by_id
    union all
    select row_number, contact_id, key_name, key_order, is_deleted from paired_by_email
)

select * from match_candidates
