{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row that was matched by its Kajabi id and carries another email than our contact. Never written.
with matches as (
    select * from {{ ref('contact_matches') }} where status = 'matched' and matched_by = 'kajabi_id'
),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

email_changes as (
    select
        contacts.id as contact_id,
        matches.row_number,
        contacts.kajabi_id,
        contacts.email as our_value,
        matches.email as kajabi_value,
        baseline.email as baseline_value
    from matches
    inner join contacts on matches.contact_id = contacts.id
    left join baseline_rows on matches.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.baseline_row_number = baseline.row_number
    where
        -- most are the same letter for letter, and are not cleaned
        matches.email is distinct from contacts.email
        and {{ clean_email('matches.email') }} is distinct from {{ clean_email('contacts.email') }}
)

select * from email_changes
