-- One row per export row, with its place among the rows that lead to the same contact, or that share an email or an id.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

deciding_keys as (select * from {{ ref('deciding_keys') }}),

ranked_rows as (
    select
        exports.*,
        deciding_keys.matched_by,
        deciding_keys.hold_reason as key_hold_reason,
        deciding_keys.contact_id,
        deciding_keys.row_number is null as is_without_contact,
        row_number() over (
            partition by deciding_keys.contact_id, deciding_keys.hold_reason
            order by
                coalesce(exports.kajabi_id = {{ trim_text('contacts.kajabi_id') }}, false) desc,
                coalesce(exports.email_key = {{ clean_email('contacts.email') }}, false) desc,
                length(exports.kajabi_id), exports.kajabi_id collate "C", exports.row_number
        ) as place_for_contact,
        row_number() over (
            partition by exports.email_key, deciding_keys.row_number is null
            order by length(exports.kajabi_id), exports.kajabi_id collate "C", exports.row_number
        ) as place_for_email,
        -- a row without a possible email is never inserted, so it must not stand before one that can be
        row_number() over (
            partition by
                exports.kajabi_id, deciding_keys.row_number is null, {{ is_possible_email('exports.email_key') }}
            order by exports.row_number
        ) as place_for_id
    from exports
    left join deciding_keys on exports.row_number = deciding_keys.row_number
    left join contacts on deciding_keys.contact_id = contacts.id
)

select * from ranked_rows
