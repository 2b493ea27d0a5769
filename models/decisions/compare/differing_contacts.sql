-- One row per matched contact for which Kajabi has a value that is not ours, or had one that it has no more, or that
-- waits for a person or was decided by one.
-- The two wide rows are compared here, so that only these few are unpivoted and cleaned.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

remembered as (
    select contact_id from {{ source('kajabi_ledger', 'open_conflicts') }}
    union
    select contact_id from {{ ref('active_overrides') }}
),

differing_contacts as (
    select
        matches.contact_id,
        matches.row_number
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    left join baseline_rows on matches.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.base_row_number = baseline.row_number
    left join remembered on matches.contact_id = remembered.contact_id
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
        -- cleared in Kajabi
        or (exports.first_name is null and contacts.first_name is not null and baseline.first_name is not null)
        or (exports.last_name is null and contacts.last_name is not null and baseline.last_name is not null)
        or (exports.phone is null and contacts.phone is not null and baseline.phone is not null)
        or (
            exports.address_line_1 is null and contacts.address_line_1 is not null
            and baseline.address_line_1 is not null
        )
        or (
            exports.address_line_2 is null and contacts.address_line_2 is not null
            and baseline.address_line_2 is not null
        )
        or (exports.city is null and contacts.city is not null and baseline.city is not null)
        or (exports.state is null and contacts.state is not null and baseline.state is not null)
        or (exports.postal_code is null and contacts.postal_code is not null and baseline.postal_code is not null)
        or (exports.country is null and contacts.country is not null and baseline.country is not null)
        or remembered.contact_id is not null
)

select * from differing_contacts
