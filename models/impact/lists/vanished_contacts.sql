{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}]) }}
-- One row per living contact with a Kajabi id to which no row of the export leads any more. Reported, never deleted.
with contacts as (
    select * from {{ ref('stg_crm__contacts') }} where not is_deleted and {{ trim_text('kajabi_id') }} is not null
),

match_candidates as (select * from {{ ref('match_candidates') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

vanished_contacts as (
    select
        contacts.id as contact_id,
        contacts.email,
        contacts.kajabi_id,
        exists(
            select from baseline where baseline.kajabi_id = {{ trim_text('contacts.kajabi_id') }}
        ) as was_in_baseline
    from contacts
    where not exists (select from match_candidates where match_candidates.contact_id = contacts.id)
)

select * from vanished_contacts
