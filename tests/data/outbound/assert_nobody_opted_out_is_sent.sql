-- Invariant: nobody who opted out is in a file for Kajabi. Asked a second time, from the live column and the ledger.
-- It guards people's word: an import can make somebody a subscriber again, and they would get emails that they refused.
with subscriptions as (select * from {{ ref('stg_crm__email_subscriptions') }}),

opted_out as (
    select contact_id from subscriptions
    where email_subscribed = 'false' and column_default = 'true'
    union
    select contact_id from {{ source('kajabi_ledger', 'contact_field_sources') }}
    where field = 'email_subscribed'
),

sent as (
    select 'corrections' as kind, contact_id from {{ ref('kajabi_corrections') }}
    union all
    select 'new-contacts' as kind, contact_id from {{ ref('kajabi_new_contacts') }}
    union all
    select 'full' as kind, contact_id from {{ ref('kajabi_full_export') }}
),

bad_rows as (
    select sent.*
    from sent
    inner join opted_out on sent.contact_id = opted_out.contact_id
)

select * from bad_rows
