{{ config(materialized='view') }}
-- One row per contact, where this site has `email_subscribed`: its value, and the column's default.
-- A view: who opts out after the plan was made must not be in a file.
with subscriptions as (select * from kajabi_ledger.email_subscriptions()),

stg_crm__email_subscriptions as (
    select
        contact_id,
        email_subscribed,
        -- asked once: a function in the list would be asked for every contact
        (select kajabi_ledger.default_of_column('email_subscribed')) as column_default
    from subscriptions
)

select * from stg_crm__email_subscriptions
