{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row, with its place among the rows that lead to the same contact, or that share an email or an id.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

best_keys as (select * from {{ ref('best_keys') }}),

row_overrides as (select * from {{ ref('row_overrides') }}),

-- a person's word on a row comes before every key
found as (
    select
        exports.row_number,
        case when row_overrides.verdict = 'same_as' then 'settled' else best_keys.matched_by end as matched_by,
        case
            when row_overrides.verdict = 'same_as' then null
            when row_overrides.verdict = 'ignore' then 'ignored'
            when row_overrides.verdict = 'erased' then 'erased'
            else best_keys.hold_reason
        end as hold_reason,
        coalesce(row_overrides.contact_id, best_keys.contact_id) as contact_id,
        best_keys.row_number is null and row_overrides.contact_id is null as is_without_contact,
        coalesce(row_overrides.verdict = 'new', false) as is_settled_new
    from exports
    left join best_keys on exports.row_number = best_keys.row_number
    left join row_overrides on exports.row_number = row_overrides.row_number
),

export_rows_ranked as (
    select
        exports.row_number,
        exports.kajabi_id,
        exports.email_key,
        exports.email,
        found.matched_by,
        found.hold_reason as key_hold_reason,
        found.contact_id,
        found.is_without_contact,
        found.is_settled_new,
        row_number() over (
            partition by found.contact_id, found.hold_reason
            order by
                coalesce(exports.kajabi_id = {{ trim_text('contacts.kajabi_id') }}, false) desc,
                coalesce(exports.email_key = {{ clean_email('contacts.email') }}, false) desc,
                length(exports.kajabi_id), exports.kajabi_id collate "C", exports.row_number
        ) as place_for_contact,
        row_number() over (
            partition by exports.email_key, found.is_without_contact, found.hold_reason
            order by length(exports.kajabi_id), exports.kajabi_id collate "C", exports.row_number
        ) as place_for_email,
        -- a row without a possible email is never inserted, so it must not stand before one that can be
        row_number() over (
            partition by
                exports.kajabi_id, found.is_without_contact, found.hold_reason,
                {{ is_possible_email('exports.email_key') }}
            order by exports.row_number
        ) as place_for_id
    from exports
    inner join found on exports.row_number = found.row_number
    left join contacts on found.contact_id = contacts.id
)

select * from export_rows_ranked
