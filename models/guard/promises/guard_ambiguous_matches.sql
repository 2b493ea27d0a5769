-- One row per contact that several export rows would write to, or whose deciding row leads to several contacts.
with merge_plan as (select * from {{ ref('merge_plan') }}),

-- read twice: kept for the second reading, the rows of a large file would go to the disk first
matches as not materialized (select * from {{ ref('contact_matches') }} where status = 'matched'),

match_candidates as (select * from {{ ref('match_candidates') }}),

several_rows as (
    select contact_id from matches group by contact_id having count(*) > 1
    union
    select contact_id from merge_plan group by contact_id having count(*) > 1
    union
    select (array_agg(contact_id))[1] as contact_id from merge_plan group by row_number having count(*) > 1
),

several_contacts as (
    select matches.contact_id
    from matches
    inner join match_candidates
        on
            matches.row_number = match_candidates.row_number
            and matches.matched_by = match_candidates.key_name
            and matches.contact_id <> match_candidates.contact_id
),

guard_ambiguous_matches as (
    select contact_id, 'several export rows' as finding from several_rows
    union
    select contact_id, 'several contacts' as finding from several_contacts
)

select * from guard_ambiguous_matches
