{{ config(indexes=[{'columns': ['field', 'held_value'], 'unique': true}]) }}
-- One row per Kajabi id or member id that a contact holds, or that several export rows claim: not free to be linked.
-- A row that is inserted claims its ids as well.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_differences as (select * from {{ ref('field_differences') }}),

new_rows as (select row_number from {{ ref('contact_matches') }} where status = 'new'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

held as (
    select 'kajabi_id' as field, {{ trim_text('kajabi_id') }} as held_value from contacts
    union all
    select 'kajabi_member_id', {{ trim_text('kajabi_member_id') }} from contacts
),

claimed as (
    select field, incoming_value from field_differences where field in ('kajabi_id', 'kajabi_member_id')
    union all
    select 'kajabi_id', exports.kajabi_id
    from exports inner join new_rows on exports.row_number = new_rows.row_number
    union all
    select 'kajabi_member_id', exports.kajabi_member_id
    from exports inner join new_rows on exports.row_number = new_rows.row_number
),

claimed_twice as (
    select field, incoming_value
    from claimed
    where incoming_value is not null
    group by field, incoming_value
    having count(*) > 1
),

taken_ids as (
    select field, held_value from held where held_value is not null
    union
    select field, incoming_value from claimed_twice
)

select * from taken_ids
