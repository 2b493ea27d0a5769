{{ config(indexes=[{'columns': ['id'], 'unique': true}]) }}
-- One row per contact, raw, in one fixed shape: the one scan of contacts, the picture that the plan is made from.
-- A column that this site does not have falls back to the null of the same name in `absent`:
-- inside the lateral, an unqualified name is looked up in the table first and then in the query around it.
with present as (
    select fixed_shape.*
    from (
        select
            {{ list_fields('null::text as FIELD', planned_fields()) }},
            null::text as paypal_email,
            null::text as paypal_first_name,
            null::text as paypal_last_name,
            null::text as paypal_phone,
            null::text as zoho_id,
            null::text as zoho_email,
            null::text as additional_email,
            null::text as phone_source,
            null::text as billing_address_source,
            null::text as shipping_address_line_1,
            null::timestamptz as deleted_at
    ) as absent
    cross join lateral ( -- noqa: ST05
        select
            -- ids
            id,
            email::text as email,
            kajabi_id::text as kajabi_id,
            kajabi_member_id::text as kajabi_member_id,
            zoho_id::text as zoho_id,

            -- the managed fields
            {{ list_fields('FIELD::text as FIELD') }},

            -- provenance
            source_system::text as source_system,
            phone_source::text as phone_source,
            billing_address_source::text as billing_address_source,
            paypal_first_name::text as paypal_first_name,
            paypal_last_name::text as paypal_last_name,
            paypal_phone::text as paypal_phone,
            shipping_address_line_1::text as shipping_address_line_1,

            -- other emails of the same person
            paypal_email::text as paypal_email,
            zoho_email::text as zoho_email,
            additional_email::text as additional_email,

            -- booleans
            deleted_at is not null as is_deleted
        from {{ source('crm', 'contacts') }}
    ) as fixed_shape
),

stg_crm__contacts as (select * from present)

select * from stg_crm__contacts
