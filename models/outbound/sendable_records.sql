-- One row per living contact: what a file for Kajabi would say about it, and why it must not be in any, if so.
-- Kajabi matches by email: whom Kajabi has goes under Kajabi's email, or the import would make a second person.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

subscriptions as (select * from {{ ref('stg_crm__email_subscriptions') }}),

opt_outs as (
    select contact_id from {{ ref('stg_ledger__field_sources') }} where field = 'email_subscribed'
),

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
        -- a false that is only the column's default says nothing, any other was said by somebody
        case
            when opt_outs.contact_id is not null then 'opted_out'
            when {{ trim_text('subscriptions.email_subscribed') }} is null then 'unknown'
            when subscriptions.email_subscribed in ('true', 't', 'yes', 'y', 'on', '1') then 'subscribed'
            when subscriptions.column_default ~* '^''?f' then 'unknown'
            else 'opted_out'
        end as consent,
        known_in_export.contact_id is not null as is_in_export,
        {{ full_name(sendable_text('contacts.first_name'), sendable_text('contacts.last_name')) }} as name,
        {{ sendable_phone('contacts.phone') }} as phone,
        {{ list_fields(sendable_text('contacts.FIELD') ~ ' as FIELD', address_fields()) }},
        contacts.billing_address_source
    from contacts
    left join subscriptions on contacts.id = subscriptions.contact_id
    left join opt_outs on contacts.id = opt_outs.contact_id
    left join matches on contacts.id = matches.contact_id
    left join exports on matches.row_number = exports.row_number
    left join known_in_export on contacts.id = known_in_export.contact_id
),

sendable_records as (
    select
        records.*,
        {{ clean_email('records.email') }} as email_key,
        coalesce(address_line_1, city, state, postal_code) is not null as has_address,
        case
            when consent = 'opted_out' then 'opted_out'
            when not {{ is_possible_email(clean_email('records.email')) }} then 'no_email'
            -- two people under one email: Kajabi would mix them
            when count(*) over (partition by {{ clean_email('records.email') }}) > 1 then 'shared_email'
            when row_number is null and is_in_export then 'held_row'
        end as left_out_because
    from records
)

select * from sendable_records
