-- The write of an undo: the cells of this run's list, and no other. Nothing here names email, source_system or a mark.
-- A marker `if contacts.x` stands on its column's line, however long that gets.
-- noqa: disable=LT05
update public.contacts as contacts
set
    kajabi_id = case when listed.cells ? 'kajabi_id' then listed.cells ->> 'kajabi_id' else contacts.kajabi_id::text end, -- if contacts.kajabi_id
    kajabi_member_id = case when listed.cells ? 'kajabi_member_id' then listed.cells ->> 'kajabi_member_id' else contacts.kajabi_member_id::text end, -- if contacts.kajabi_member_id
    first_name = case when listed.cells ? 'first_name' then listed.cells ->> 'first_name' else contacts.first_name::text end,
    last_name = case when listed.cells ? 'last_name' then listed.cells ->> 'last_name' else contacts.last_name::text end,
    phone = case when listed.cells ? 'phone' then listed.cells ->> 'phone' else contacts.phone::text end,
    address_line_1 = case when listed.cells ? 'address_line_1' then listed.cells ->> 'address_line_1' else contacts.address_line_1::text end,
    address_line_2 = case when listed.cells ? 'address_line_2' then listed.cells ->> 'address_line_2' else contacts.address_line_2::text end,
    city = case when listed.cells ? 'city' then listed.cells ->> 'city' else contacts.city::text end,
    state = case when listed.cells ? 'state' then listed.cells ->> 'state' else contacts.state::text end,
    postal_code = case when listed.cells ? 'postal_code' then listed.cells ->> 'postal_code' else contacts.postal_code::text end,
    country = case when listed.cells ? 'country' then listed.cells ->> 'country' else contacts.country::text end
from (
    select
        contact_id,
        jsonb_object_agg(field, new_value) as cells
    from kajabi_ledger.field_changes
    where run_id = %(run_id)s
    group by contact_id
    having not bool_or(field = 'email')
) as listed
where contacts.id = listed.contact_id
