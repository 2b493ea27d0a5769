{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row that has a candidate: the first key that hits, and the contact it leads to or why it cannot
-- decide.
with match_candidates as (select * from {{ ref('match_candidates') }}),

ordered_candidates as (
    select
        *,
        min(key_order) over (partition by row_number) as deciding_order
    from match_candidates
),

collected as (
    select
        row_number,
        min(key_name) filter (where key_order = deciding_order) as matched_by,
        array_agg(distinct contact_id) filter (where key_order = deciding_order) as deciding_contacts,
        array_agg(distinct contact_id) filter (where key_name in ('kajabi_id', 'primary_email')) as strong_contacts,
        bool_or(is_deleted) filter (where key_order = deciding_order) as is_deleted
    from ordered_candidates
    group by row_number
),

best_keys as (
    select
        row_number,
        matched_by,
        case when cardinality(deciding_contacts) = 1 then deciding_contacts[1] end as contact_id,
        case
            when cardinality(deciding_contacts) > 1 then 'several_contacts'
            -- only the id and the primary email can disagree: a weaker key never vetoes a primary email
            when cardinality(strong_contacts) > 1 then 'id_and_email_disagree'
            when is_deleted then 'deleted_contact'
            when deciding_contacts[1] is null then 'duplicate_chain_broken'
        end as hold_reason
    from collected
)

select * from best_keys
