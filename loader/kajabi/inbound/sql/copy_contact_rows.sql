-- The records of one export, as text.
copy kajabi_raw.contact_rows (
    load_id, row_number,
    kajabi_id, kajabi_member_id, email, full_name, first_name, last_name, phone_number, mobile_phone_number, phone,
    address_line_1, address_line_2, city, state, postal_code, country, kajabi_created_at, products, tags
) from stdin
