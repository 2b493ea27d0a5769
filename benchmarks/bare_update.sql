-- What the old import did, in its fastest form: one statement, no protection, whatever Kajabi has goes over ours.
-- Only rows that would change are touched; the old script updated every row, one by one.
update bench.contacts as contacts
set
    first_name = coalesce(incoming.first_name, contacts.first_name),
    last_name = coalesce(incoming.last_name, contacts.last_name),
    phone = coalesce(incoming.phone, contacts.phone),
    address_line_1 = coalesce(incoming.address_line_1, contacts.address_line_1),
    address_line_2 = coalesce(incoming.address_line_2, contacts.address_line_2),
    city = coalesce(incoming.city, contacts.city),
    state = coalesce(incoming.state, contacts.state),
    postal_code = coalesce(incoming.postal_code, contacts.postal_code),
    country = coalesce(incoming.country, contacts.country),
    source_system = 'kajabi'
from (
    select
        lower(btrim("Email")) as email,
        nullif(btrim("First Name"), '') as first_name,
        nullif(btrim("Last Name"), '') as last_name,
        nullif(btrim("Phone Number (phone_number)"), '') as phone,
        nullif(btrim("Address (address_line_1)"), '') as address_line_1,
        nullif(btrim("Address Line 2 (address_line_2)"), '') as address_line_2,
        nullif(btrim("City (address_city)"), '') as city,
        nullif(btrim("State (address_state)"), '') as state,
        nullif(btrim("Zip Code (address_zip)"), '') as postal_code,
        nullif(btrim("Country (address_country)"), '') as country
    from bench.export
) as incoming
where
    lower(btrim(contacts.email::text)) = incoming.email
    and (
        coalesce(incoming.first_name, contacts.first_name) is distinct from contacts.first_name
        or coalesce(incoming.last_name, contacts.last_name) is distinct from contacts.last_name
        or coalesce(incoming.phone, contacts.phone) is distinct from contacts.phone
        or coalesce(incoming.address_line_1, contacts.address_line_1) is distinct from contacts.address_line_1
        or coalesce(incoming.address_line_2, contacts.address_line_2) is distinct from contacts.address_line_2
        or coalesce(incoming.city, contacts.city) is distinct from contacts.city
        or coalesce(incoming.state, contacts.state) is distinct from contacts.state
        or coalesce(incoming.postal_code, contacts.postal_code) is distinct from contacts.postal_code
        or coalesce(incoming.country, contacts.country) is distinct from contacts.country
    )
