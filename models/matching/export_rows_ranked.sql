{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row: what the first key that hits, or a person, says about it, and its place among the rows that
-- lead to the same contact, or that share an email or an id.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

match_candidates as (select * from {{ ref('match_candidates') }}),

match_overrides as (select * from {{ ref('stg_ledger__match_overrides') }}),

ordered_candidates as (
    select
        *,
        min(key_order) over (partition by row_number) as deciding_order
    from match_candidates
),

deciding_keys as (
    select
        row_number,
        min(key_name) filter (where key_order = deciding_order) as matched_by,
        array_agg(distinct contact_id) filter (where key_order = deciding_order) as deciding_contacts,
        array_agg(distinct contact_id) filter (where key_name in ('kajabi_id', 'primary_email')) as strong_contacts,
        bool_or(is_deleted) filter (where key_order = deciding_order) as is_deleted
    from ordered_candidates
    group by row_number
),

-- a match override comes before every key
found as (
    select
        exports.row_number,
        exports.kajabi_id,
        exports.email_key,
        exports.email,
        case when match_overrides.decision = 'same_as' then 'settled' else deciding_keys.matched_by end as matched_by,
        case
            when match_overrides.decision = 'same_as' then null
            when match_overrides.decision = 'ignore' then 'ignored'
            when match_overrides.decision = 'erased' then 'erased'
            when cardinality(deciding_keys.deciding_contacts) > 1 then 'several_contacts'
            -- only the id and the primary email can disagree: a weaker key never vetoes a primary email
            when cardinality(deciding_keys.strong_contacts) > 1 then 'id_and_email_disagree'
            when deciding_keys.is_deleted then 'deleted_contact'
            when deciding_keys.row_number is not null and deciding_keys.deciding_contacts[1] is null
                then 'duplicate_chain_broken'
        end as hold_reason,
        coalesce(
            match_overrides.contact_id,
            case when cardinality(deciding_keys.deciding_contacts) = 1 then deciding_keys.deciding_contacts[1] end
        ) as contact_id,
        deciding_keys.row_number is null and match_overrides.contact_id is null as is_without_contact,
        coalesce(match_overrides.decision = 'new', false) as is_overridden_as_new
    from exports
    left join deciding_keys on exports.row_number = deciding_keys.row_number
    left join match_overrides on exports.row_number = match_overrides.row_number
),

-- ranks cost a sort of all rows: only where a contact has several rows, or no contact was found, is there a choice.
-- `materialized`: PostgreSQL expects many of these few, and would join all rows with all contacts first
several_rows as materialized (
    select * from found
    where
        hold_reason is null
        and contact_id in (
            select contact_id from found where hold_reason is null group by contact_id having count(*) > 1
        )
),

places_for_contact as (
    select
        several_rows.row_number,
        row_number() over (
            partition by several_rows.contact_id
            order by
                coalesce(several_rows.kajabi_id = {{ trim_text('contacts.kajabi_id') }}, false) desc,
                coalesce(several_rows.email_key = {{ clean_email('contacts.email') }}, false) desc,
                length(several_rows.kajabi_id), several_rows.kajabi_id collate "C", several_rows.row_number
        ) as place
    from several_rows
    left join contacts on several_rows.contact_id = contacts.id
),

places_of_new as (
    select
        row_number,
        row_number() over (
            partition by email_key
            order by length(kajabi_id), kajabi_id collate "C", row_number
        ) as place_for_email,
        -- a row without a possible email is never inserted, so it must not stand before one that can be
        row_number() over (
            partition by kajabi_id, {{ is_possible_email('email_key') }}
            order by row_number
        ) as place_for_id
    from found
    where is_without_contact and hold_reason is null
),

export_rows_ranked as (
    select
        found.row_number,
        found.kajabi_id,
        found.email_key,
        found.email,
        found.matched_by,
        found.hold_reason as key_hold_reason,
        found.contact_id,
        found.is_without_contact,
        found.is_overridden_as_new,
        coalesce(places_for_contact.place, 1) as place_for_contact,
        coalesce(places_of_new.place_for_email, 1) as place_for_email,
        coalesce(places_of_new.place_for_id, 1) as place_for_id
    from found
    left join places_for_contact on found.row_number = places_for_contact.row_number
    left join places_of_new on found.row_number = places_of_new.row_number
)

select * from export_rows_ranked
