-- One row per living contact: what a file for Kajabi would say about it; `sendable_records` says if it may be in one.
-- Kajabi matches by email: whom Kajabi has goes under Kajabi's email, or the import would make a second person.
-- A view: cleaning costs, and PostgreSQL cleans only what is asked for, when a file is made.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

-- somebody to whom any row of the export leads, or may lead
known_in_export as (
    select contact_id from {{ ref('match_candidates') }} where contact_id is not null
    union
    select contact_id from {{ ref('contact_matches') }} where contact_id is not null
),

records as (
    select
        contacts.id as contact_id,
        matches.row_number,
        {{ trim_text('contacts.kajabi_id') }} as kajabi_id,
        case when matches.row_number is null then {{ trim_text('contacts.email') }} else exports.email end as email,
        known_in_export.contact_id is not null as is_in_export,
        {{ full_name(sendable_text('contacts.first_name'), sendable_text('contacts.last_name')) }} as name,
        {{ sendable_phone('contacts.phone') }} as phone,
        {{ list_fields(sendable_text('contacts.FIELD') ~ ' as FIELD', address_fields()) }},
        contacts.billing_address_source
    from contacts
    left join matches on contacts.id = matches.contact_id
    left join exports on matches.row_number = exports.row_number
    left join known_in_export on contacts.id = known_in_export.contact_id
),

keyed as (
    select
        *,
        {{ clean_email('email') }} as email_key
    from records
),

contact_records as (
    select
        *,
        coalesce(address_line_1, city, state, postal_code) is not null as has_address,
        {{ is_possible_email('email_key') }} as has_possible_email,
        count(*) over (partition by email_key) > 1 as is_email_shared
    from keyed
)

select * from contact_records
