-- One row per contact of the picture: whether they want our emails, as far as we know. Asked again at every export.
-- A false that is only the column's default says nothing; any other false was said by somebody.
with contacts as (select id from {{ ref('stg_crm__contacts') }}),

subscriptions as (select * from {{ ref('stg_crm__email_subscriptions') }}),

opt_outs as (
    select contact_id from {{ ref('stg_ledger__field_sources') }} where field = 'email_subscribed'
),

email_consents as (
    select
        contacts.id as contact_id,
        case
            when opt_outs.contact_id is not null then 'opted_out'
            when {{ trim_text('subscriptions.email_subscribed') }} is null then 'unknown'
            when subscriptions.email_subscribed in ('true', 't', 'yes', 'y', 'on', '1') then 'subscribed'
            when subscriptions.column_default ~* '^''?f' then 'unknown'
            else 'opted_out'
        end as consent
    from contacts
    left join subscriptions on contacts.id = subscriptions.contact_id
    left join opt_outs on contacts.id = opt_outs.contact_id
)

select * from email_consents
