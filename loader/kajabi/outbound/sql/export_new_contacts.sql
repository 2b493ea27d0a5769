-- The rows of the new contacts. Those whose consent we do not know only when it is asked for.
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
from kajabi_guard.kajabi_new_contacts
where consent = 'subscribed' or %(includes_unknown)s
order by email_key collate "C"
