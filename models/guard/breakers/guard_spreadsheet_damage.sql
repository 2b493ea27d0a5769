-- One row per matched contact whose postal code in the export is ours without its leading zeros, once several are.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

damaged as (
    select
        matches.contact_id,
        count(*) over () as count_damaged
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    where
        starts_with({{ trim_text('contacts.postal_code') }}, '0')
        and exports.postal_code = ltrim({{ trim_text('contacts.postal_code') }}, '0')
),

guard_spreadsheet_damage as (
    select contact_id from damaged where count_damaged >= {{ var('damaged_codes_limit') }}
)

select * from guard_spreadsheet_damage
