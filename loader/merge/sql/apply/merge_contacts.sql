-- THE write. From the ledger's copy of the plan; an update only where the contact is still as the plan saw it.
-- Nothing here names source_system (of an existing contact), email, email_subscribed, created_at or a provenance
-- column.
merge into public.contacts as contacts
using (
    select * from kajabi_ledger.planned_rows where run_id = %(run_id)s
) as planned
    on contacts.id = planned.contact_id
when matched
    and planned.action = 'update'
    and contacts.email::text collate "C" = planned.contact_as_seen ->> 'email'
    and contacts.first_name::text is not distinct from planned.contact_as_seen ->> 'first_name' -- each field
    then update set
        first_name = planned.first_name -- each field, by commas
when not matched
    and planned.action = 'insert'
    then insert (
        first_name, -- each field
        id, email, source_system
    )
    values (
        planned.first_name, -- each field
        planned.contact_id, planned.email, 'kajabi'
    )
