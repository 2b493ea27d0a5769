-- One row per contact to insert that is known here already: merged away, deleted, or under another key.
with inserts as (select * from {{ ref('merge_plan') }} where action = 'insert'),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

further_emails as (select * from {{ ref('stg_crm__contact_emails') }}),

-- live, not frozen: a duplicate recorded after the plan counts as well
merged_contacts as (select * from {{ source('kajabi_ledger', 'merged_contacts') }}),

insert_keys as (
    select
        inserts.contact_id,
        inserts.row_number,
        each_key.insert_key
    from inserts
    cross join lateral (values (inserts.email), (inserts.kajabi_id)) as each_key (insert_key)
),

known_keys as (
    select {{ clean_email('email') }} as known_key, 'a contact has this email' as finding from contacts
    union all
    select {{ trim_text('kajabi_id') }}, 'a contact has this Kajabi id' from contacts
    union all
    select email_key, 'a contact has this as another email' from further_emails
    union all
    select old_email, 'merged away before' from merged_contacts
    union all
    select old_kajabi_id, 'merged away before' from merged_contacts
    union all
    select email, 'planned twice' from inserts group by email having count(*) > 1
),

guard_recreated_duplicates as (
    select distinct
        insert_keys.contact_id,
        insert_keys.row_number,
        known_keys.finding
    from insert_keys
    inner join known_keys on insert_keys.insert_key = known_keys.known_key
)

select * from guard_recreated_duplicates
