-- What really happened, seen from inside the transaction. Every figure is compared with the plan before the commit.
with planned as (select * from kajabi_ledger.planned_rows where run_id = %(run_id)s),

changes as (select * from kajabi_ledger.field_changes where run_id = %(run_id)s)

select
    (select count(*) from planned where action = 'update') as planned_updates,
    (select count(*) from planned where action = 'insert') as planned_inserts,
    -- every row of contacts that this transaction wrote, whoever asked for it: triggers included. Nobody else can
    -- write under our lock, so what is not older than this transaction is its own, its subtransactions' included
    (
        select count(*) from public.contacts
        where age(contacts.xmin) <= 0
    ) as touched_contacts,
    (
        select count(*) from planned
        inner join public.contacts on planned.contact_id = contacts.id
        where
            planned.action = 'insert'
            and age(contacts.xmin) <= 0
            and contacts.source_system = 'kajabi'
    ) as inserted_contacts,
    (
        select count(*) from changes
        left join public.contacts on changes.contact_id = contacts.id
        where rtrim(to_jsonb(contacts.*) ->> changes.field) is distinct from rtrim(changes.written_value)
    ) as values_not_standing,
    (
        select count(*) from changes
        inner join planned on changes.contact_id = planned.contact_id
        where planned.action = 'update' and changes.field not in ('kajabi_id', 'kajabi_member_id')
    ) as values_written,
    (
        select count(*) from changes
        inner join planned on changes.contact_id = planned.contact_id
        where planned.action = 'update' and changes.field in ('kajabi_id', 'kajabi_member_id')
    ) as links_written
