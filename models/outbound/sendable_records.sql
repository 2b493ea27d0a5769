-- One row per living contact: what a file for Kajabi would say about it, and why it must not be in any, if so.
-- A view: who opts out after the plan was made must not be in a file.
with records as (select * from {{ ref('contact_records') }}),

subscriptions as (select * from {{ ref('stg_crm__email_subscriptions') }}),

opt_outs as (
    select contact_id from {{ ref('stg_ledger__field_sources') }} where field = 'email_subscribed'
),

consents as (
    select
        records.*,
        -- a false that is only the column's default says nothing, any other was said by somebody
        case
            when opt_outs.contact_id is not null then 'opted_out'
            when {{ trim_text('subscriptions.email_subscribed') }} is null then 'unknown'
            when subscriptions.email_subscribed in ('true', 't', 'yes', 'y', 'on', '1') then 'subscribed'
            when subscriptions.column_default ~* '^''?f' then 'unknown'
            else 'opted_out'
        end as consent
    from records
    left join subscriptions on records.contact_id = subscriptions.contact_id
    left join opt_outs on records.contact_id = opt_outs.contact_id
),

sendable_records as (
    select
        *,
        case
            when consent = 'opted_out' then 'opted_out'
            when not has_possible_email then 'no_email'
            -- two people under one email: Kajabi would mix them
            when is_email_shared then 'shared_email'
            when row_number is null and is_in_export then 'held_row'
        end as left_out_because
    from consents
)

select * from sendable_records
