-- The cells of the plan as one statement: no lock, no guard, no proof, no ledger.
merge into bench.contacts as contacts
using kajabi_guard.merge_plan as planned
    on contacts.id = planned.contact_id
when matched and planned.action = 'update'
    then update set
        first_name = planned.first_name,
        last_name = planned.last_name,
        phone = planned.phone,
        address_line_1 = planned.address_line_1,
        address_line_2 = planned.address_line_2,
        city = planned.city,
        state = planned.state,
        postal_code = planned.postal_code,
        country = planned.country,
        kajabi_id = planned.kajabi_id,
        kajabi_member_id = planned.kajabi_member_id
when not matched and planned.action = 'insert'
    then insert (
        id, email, first_name, last_name, phone, address_line_1, address_line_2, city, state, postal_code, country,
        kajabi_id, kajabi_member_id, source_system
    )
    values (
        planned.contact_id, planned.email, planned.first_name, planned.last_name, planned.phone,
        planned.address_line_1, planned.address_line_2, planned.city, planned.state, planned.postal_code,
        planned.country, planned.kajabi_id, planned.kajabi_member_id, 'kajabi'
    )
