-- The rows of the full file.
select
    contact_id,
    email,
    name,
    phone,
    address_line_1,
    address_line_2,
    city,
    state,
    postal_code,
    country
from kajabi_guard.kajabi_full_export
order by email_key collate "C"
