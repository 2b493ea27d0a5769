insert into bench.contacts (
    email, first_name, last_name, phone, address_line_1, address_line_2, city, state, postal_code, country,
    source_system
)
values (
    %(email)s, %(first_name)s, %(last_name)s, %(phone)s, %(address_line_1)s, %(address_line_2)s, %(city)s, %(state)s,
    %(postal_code)s, %(country)s, 'kajabi'
)
