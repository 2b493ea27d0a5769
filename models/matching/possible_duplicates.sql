{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row without contact whose phone and full name are those of a living contact.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

match_candidates as (select * from {{ ref('match_candidates') }}),

-- `materialized`: few rows are without a contact, and only their names are cleaned
rows_without_contact as materialized (
    select
        row_number,
        phone,
        first_name,
        last_name
    from exports
    where not exists (select from match_candidates where match_candidates.row_number = exports.row_number)
),

cleaned as (
    select
        row_number,
        phone,
        {{ clean_text('first_name', "'first_name'") }} as first_name,
        {{ clean_text('last_name', "'last_name'") }} as last_name
    from rows_without_contact
),

unmatched as (
    select
        row_number,
        {{ clean_phone('phone') }} as phone_digits,
        {{ comparable_text("concat_ws(' ', first_name, last_name)") }} as full_name
    from cleaned
),

living as (
    select
        id as contact_id,
        {{ clean_phone('phone') }} as phone_digits,
        {{ comparable_text("concat_ws(' ', first_name, last_name)") }} as full_name
    from contacts
    where not is_deleted and phone is not null
),

possible_duplicates as (
    select distinct on (unmatched.row_number)
        unmatched.row_number,
        living.contact_id
    from unmatched
    inner join living
        on
            unmatched.phone_digits = living.phone_digits
            and unmatched.full_name = living.full_name
    where unmatched.full_name <> ''
    order by unmatched.row_number, living.contact_id
)

select * from possible_duplicates
