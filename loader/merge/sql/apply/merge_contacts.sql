-- THE write. From the ledger's copy of the plan; an update only where the contact is still as the plan saw it.
-- Nothing here names source_system (of an existing contact), email, email_subscribed, created_at or a provenance
-- column. A marker `if contacts.x` stands on its column's line, however long that gets.
-- noqa: disable=LT05
merge into public.contacts as contacts
using (
    select * from kajabi_ledger.planned_rows where run_id = %(run_id)s
) as planned
    on contacts.id = planned.contact_id
when matched
    and planned.action = 'update'
    and contacts.email::text collate "C" = planned.contact_as_seen ->> 'email'
    and contacts.first_name::text is not distinct from planned.contact_as_seen ->> 'first_name'
    and contacts.last_name::text is not distinct from planned.contact_as_seen ->> 'last_name'
    and contacts.phone::text is not distinct from planned.contact_as_seen ->> 'phone'
    and contacts.address_line_1::text is not distinct from planned.contact_as_seen ->> 'address_line_1'
    and contacts.address_line_2::text is not distinct from planned.contact_as_seen ->> 'address_line_2'
    and contacts.city::text is not distinct from planned.contact_as_seen ->> 'city'
    and contacts.state::text is not distinct from planned.contact_as_seen ->> 'state'
    and contacts.postal_code::text is not distinct from planned.contact_as_seen ->> 'postal_code'
    and contacts.country::text is not distinct from planned.contact_as_seen ->> 'country'
    and contacts.kajabi_id::text is not distinct from planned.contact_as_seen ->> 'kajabi_id' -- if contacts.kajabi_id
    and contacts.kajabi_member_id::text is not distinct from planned.contact_as_seen ->> 'kajabi_member_id' -- if contacts.kajabi_member_id
    then update set
        kajabi_id = planned.kajabi_id, -- if contacts.kajabi_id
        kajabi_member_id = planned.kajabi_member_id, -- if contacts.kajabi_member_id
        first_name = planned.first_name,
        last_name = planned.last_name,
        phone = planned.phone,
        address_line_1 = planned.address_line_1,
        address_line_2 = planned.address_line_2,
        city = planned.city,
        state = planned.state,
        postal_code = planned.postal_code,
        country = planned.country
when not matched
    and planned.action = 'insert'
    then insert (
        kajabi_id, -- if contacts.kajabi_id
        kajabi_member_id, -- if contacts.kajabi_member_id
        id, email, first_name, last_name, phone, address_line_1, address_line_2, city, state, postal_code, country,
        source_system
    )
    values (
        planned.kajabi_id, -- if contacts.kajabi_id
        planned.kajabi_member_id, -- if contacts.kajabi_member_id
        planned.contact_id, planned.email, planned.first_name, planned.last_name, planned.phone,
        planned.address_line_1, planned.address_line_2, planned.city, planned.state, planned.postal_code,
        planned.country, 'kajabi'
    )
