-- The records of one export, as text.
copy kajabi_raw.contact_rows (
    load_id, row_number, email, full_name, phone_number, mobile_phone_number, kajabi_created_at, products, tags,
    first_name -- each field, by commas
) from stdin
