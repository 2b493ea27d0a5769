{{ config(indexes=[{'columns': ['contact_id', 'email_key'], 'unique': true}]) }}
-- One row per further email of a living contact: a contact may have several, and an email several contacts.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

listed_emails as (
    select
        contact_id,
        email
    from kajabi_ledger.contact_emails()
),

own_columns as (
    select
        contacts.id as contact_id,
        further.email
    from contacts
    cross join lateral (
        values (contacts.paypal_email), (contacts.zoho_email), (contacts.additional_email)
    ) as further (email)
),

stg_crm__contact_emails as (
    select distinct
        contacts.id as contact_id,
        {{ clean_email('further.email') }} as email_key
    from (
        select * from own_columns
        union all
        select * from listed_emails
    ) as further
    inner join contacts on further.contact_id = contacts.id
    where not contacts.is_deleted and {{ clean_email('further.email') }} is not null
)

select * from stg_crm__contact_emails
