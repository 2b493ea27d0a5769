-- One row per matched contact for which Kajabi has at least one value that is not ours, trimmed.
-- The two wide rows are compared here, so that only these few are unpivoted and cleaned.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

differing_contacts as (
    select
        matches.contact_id,
        matches.row_number
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    where
        exports.first_name <> coalesce({{ trim_text('contacts.first_name') }}, '')
        or exports.last_name <> coalesce({{ trim_text('contacts.last_name') }}, '')
        or exports.phone <> coalesce({{ trim_text('contacts.phone') }}, '')
        or exports.address_line_1 <> coalesce({{ trim_text('contacts.address_line_1') }}, '')
        or exports.address_line_2 <> coalesce({{ trim_text('contacts.address_line_2') }}, '')
        or exports.city <> coalesce({{ trim_text('contacts.city') }}, '')
        or exports.state <> coalesce({{ trim_text('contacts.state') }}, '')
        or exports.postal_code <> coalesce({{ trim_text('contacts.postal_code') }}, '')
        or exports.country <> coalesce({{ trim_text('contacts.country') }}, '')
        or exports.kajabi_id <> coalesce({{ trim_text('contacts.kajabi_id') }}, '')
        or exports.kajabi_member_id <> coalesce({{ trim_text('contacts.kajabi_member_id') }}, '')
)

select * from differing_contacts
