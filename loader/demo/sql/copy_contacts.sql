-- The synthetic organisation's contacts, columns in the order of synthetic.CONTACT_COLUMNS.
copy public.contacts (
    id, email, first_name, last_name, phone, address_line_1, address_line_2, city, state, postal_code, country,
    source_system, kajabi_id, kajabi_member_id, paypal_email, paypal_first_name, paypal_last_name, paypal_phone,
    zoho_id, zoho_email, ticket_tailor_id, phone_source, billing_address_source, shipping_address_line_1,
    shipping_address_line_2, shipping_city, shipping_state, shipping_postal_code, shipping_country,
    shipping_address_source, additional_email, email_subscribed, deleted_at, created_at, updated_at
) from stdin
