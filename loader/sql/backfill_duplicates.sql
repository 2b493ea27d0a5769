-- Merges that the organisation recorded itself in contacts_merge_backup, where the survivor is a living contact.
with recorded as (
    insert into kajabi_ledger.known_duplicates (
        old_email, old_kajabi_id, survivor_contact_id, survivor_email, recorded_by, because
    )
    select distinct on (kajabi_ledger.clean_email(backup.old_email))
        kajabi_ledger.clean_email(backup.old_email),
        kajabi_ledger.trim_text(backup.old_kajabi_id),
        contacts.id,
        kajabi_ledger.clean_email(contacts.email::text),
        %(recorded_by)s,
        'contacts_merge_backup'
    from kajabi_ledger.merge_backup() as backup
    inner join public.contacts on backup.survivor_contact_id = contacts.id
    where
        kajabi_ledger.clean_email(backup.old_email) is not null
        and to_jsonb(contacts.*) ->> 'deleted_at' is null
        and kajabi_ledger.clean_email(backup.old_email) <> kajabi_ledger.clean_email(contacts.email::text)
    on conflict do nothing
    returning duplicate_id
)

select count(*) as count_recorded from recorded
