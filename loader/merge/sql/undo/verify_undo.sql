-- What really happened, seen from inside the transaction. Every figure is compared with this run's list.
with changes as (select * from kajabi_ledger.field_changes where run_id = %(run_id)s),

-- contacts that go or come as a whole have their email on the list
wholly as (
    select
        contact_id,
        written_value is null as is_removed
    from changes
    where field = 'email'
),

cells as (select * from changes where contact_id not in (select contact_id from wholly))

select
    (select count(distinct contact_id) from cells) as expected_updates,
    (select count(*) from wholly where is_removed) as expected_removals,
    (select count(*) from wholly where not is_removed) as expected_inserts,
    -- see verification_counts.sql: every row of contacts that this transaction wrote, triggers included
    (select count(*) from public.contacts where age(contacts.xmin) <= 0) as touched_contacts,
    (
        select count(*) from wholly
        inner join public.contacts on wholly.contact_id = contacts.id
        where wholly.is_removed
    ) as still_there,
    (
        select count(*) from wholly
        inner join public.contacts on wholly.contact_id = contacts.id
        where not wholly.is_removed and age(contacts.xmin) <= 0 and contacts.source_system = 'kajabi'
    ) as inserted_contacts,
    (
        select count(*) from changes
        left join public.contacts on changes.contact_id = contacts.id
        where
            changes.contact_id not in (select contact_id from wholly where is_removed)
            and rtrim(to_jsonb(contacts.*) ->> changes.field) is distinct from rtrim(changes.written_value)
    ) as values_not_standing,
    (select count(*) from cells where field not in ('kajabi_id', 'kajabi_member_id')) as values_written,
    (select count(*) from cells where field in ('kajabi_id', 'kajabi_member_id')) as links_written
