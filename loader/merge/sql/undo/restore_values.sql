-- The write of an undo: the cells of this run's list, and no other. Nothing here names email, source_system or a mark.
-- A marker `each field` stands on its field's line, however long that gets.
-- noqa: disable=LT05
update public.contacts as contacts
set
    first_name = case when listed.cells ? 'first_name' then listed.cells ->> 'first_name' else contacts.first_name::text end -- each field, by commas
from (
    select
        contact_id,
        jsonb_object_agg(field, written_value) as cells
    from kajabi_ledger.field_changes
    where run_id = %(run_id)s
    group by contact_id
    having not bool_or(field = 'email')
) as listed
where contacts.id = listed.contact_id
