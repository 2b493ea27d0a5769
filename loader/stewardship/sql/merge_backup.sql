-- Merges that the organisation recorded itself in contacts_merge_backup, with the email of the contact that survived.
-- A survivor that is not here has no email: the row is then named as one that cannot be recorded.
select
    backup.old_email,
    backup.old_kajabi_id,
    contacts.email::text as survivor_email,
    backup.survivor_contact_id is not null and contacts.id is null as is_survivor_gone
from kajabi_ledger.merge_backup() as backup
left join public.contacts on backup.survivor_contact_id = contacts.id
order by lower(backup.old_email), backup.old_kajabi_id
