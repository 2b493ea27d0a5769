-- One row: how much of the contacts came from elsewhere than Kajabi.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

enrichment_figures as (
    select
        count(*) filter (
            where {{ trim_text('phone') }} is not null
            and not starts_with(lower({{ trim_text('phone_source') }}), 'kajabi')
        ) as phones_from_others,
        count(*) filter (
            where coalesce({{ trim_text('paypal_first_name') }}, {{ trim_text('paypal_last_name') }}) is not null
        ) as names_from_paypal,
        count(*) filter (where {{ trim_text('shipping_address_line_1') }} is not null) as shipping_addresses,
        count(*) filter (where {{ trim_text('zoho_id') }} is not null) as linked_to_zoho,
        count(*) filter (where {{ trim_text('paypal_email') }} is not null) as linked_to_paypal,
        count(*) filter (where {{ trim_text('phone') }} is not null) as with_phone
    from contacts
)

select * from enrichment_figures
