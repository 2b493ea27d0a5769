{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row: matched with a contact, new, or held with the reason.
with ranked_rows as (select * from {{ ref('export_rows_ranked') }}),

possible_duplicates as (select * from {{ ref('possible_duplicates') }}),

ledger as (select * from {{ ref('stg_ledger__state') }}),

undone_values as (select * from {{ ref('stg_ledger__undone_values') }}),

-- emails and ids of contacts whose insert was undone: an email is never written but by an insert
removed_keys as (
    select undone_value as removed_key
    from undone_values
    where
        field in ('email', 'kajabi_id')
        and contact_id in (select contact_id from undone_values as removed where removed.field = 'email')
),

reasoned as (
    select
        ranked_rows.*,
        possible_duplicates.contact_id as possible_contact_id,
        case
            when ranked_rows.key_hold_reason is not null then ranked_rows.key_hold_reason
            when not ranked_rows.is_without_contact and ranked_rows.place_for_contact > 1 then 'other_row_decides'
            when not ranked_rows.is_without_contact then null
            when ranked_rows.email_key is null then 'no_email'
            when not {{ is_possible_email('ranked_rows.email_key') }} then 'malformed_email'
            when ranked_rows.place_for_email > 1 then 'same_email_in_export'
            when ranked_rows.kajabi_id is not null and ranked_rows.place_for_id > 1 then 'same_id_in_export'
            when ranked_rows.is_overridden_as_new then null
            when
                ranked_rows.email_key in (select removed_key from removed_keys)
                or ranked_rows.kajabi_id in (select removed_key from removed_keys)
                then 'insert_undone'
            when possible_duplicates.row_number is not null then 'possible_duplicate'
            -- before anybody has said who was merged away, every newcomer could be one of them
            when not ledger.are_merged_contacts_known then 'duplicates_not_recorded'
        end as hold_reason
    from ranked_rows
    left join possible_duplicates on ranked_rows.row_number = possible_duplicates.row_number
    cross join ledger
),

contact_matches as (
    select
        row_number,
        -- settled as new, the row leads to nobody, whom it looks like or not
        coalesce(contact_id, case when hold_reason is not null then possible_contact_id end) as contact_id,
        email,
        kajabi_id,
        case when hold_reason is not null then 'held' when is_without_contact then 'new' else 'matched' end as status,
        matched_by,
        hold_reason
    from reasoned
)

select * from contact_matches
