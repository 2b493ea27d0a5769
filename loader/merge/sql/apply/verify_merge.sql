-- What really happened, seen from inside the transaction. Every figure is compared with the plan before the commit.
-- Nothing is counted yet in tables that were filled a moment ago, so PostgreSQL would join them row by row: what is in
-- the plan is asked with `in`, which it hashes; contacts are found by their id.
with planned as (select * from kajabi_ledger.planned_rows where run_id = %(run_id)s),

changes as (
    select
        *,
        field in ('kajabi_id', 'kajabi_member_id') as is_link,
        contact_id in (select contact_id from planned where action = 'update') as is_update
    from kajabi_ledger.field_changes
    where run_id = %(run_id)s
)

select
    (select count(*) from planned where action = 'update') as planned_updates,
    (select count(*) from planned where action = 'insert') as planned_inserts,
    (
        select count(*) from planned
        inner join public.contacts on planned.contact_id = contacts.id
        where
            planned.action = 'insert'
            -- see verification_counts.sql: written by this transaction
            and age(contacts.xmin) <= 0
            and contacts.source_system = 'kajabi'
    ) as inserted_contacts,
    (
        select count(*) from changes
        left join public.contacts on changes.contact_id = contacts.id
        where rtrim(to_jsonb(contacts.*) ->> changes.field) is distinct from rtrim(changes.written_value)
    ) as values_not_standing,
    (select count(*) from changes where is_update and not is_link) as values_written,
    (select count(*) from changes where is_update and is_link) as links_written
