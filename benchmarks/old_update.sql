-- One row of the old importer, row by row. The address is a citext: the search ignores case and uses the unique index.
update bench.contacts
set
    first_name = coalesce(%(first_name)s::text, first_name),
    last_name = coalesce(%(last_name)s::text, last_name),
    phone = coalesce(%(phone)s::text, phone),
    address_line_1 = coalesce(%(address_line_1)s::text, address_line_1),
    address_line_2 = coalesce(%(address_line_2)s::text, address_line_2),
    city = coalesce(%(city)s::text, city),
    state = coalesce(%(state)s::text, state),
    postal_code = coalesce(%(postal_code)s::text, postal_code),
    country = coalesce(%(country)s::text, country),
    source_system = 'kajabi'
where email = %(email)s::public.citext
