-- Cells of planned contacts that are not as the plan saw them any more, and inserts whose email or id is taken now.
with planned as (select * from kajabi_ledger.planned_rows where run_id = %(run_id)s),

live as (
    select
        planned.contact_id,
        planned.contact_as_seen,
        contacts.id is not null as is_there,
        to_jsonb(contacts) || jsonb_build_object('is_deleted', to_jsonb(contacts) ->> 'deleted_at' is not null)
            as contact_now
    from planned
    left join public.contacts as contacts on planned.contact_id = contacts.id
)

select
    live.contact_id,
    seen.key as field
from live
cross join lateral jsonb_each_text(live.contact_as_seen) as seen
where not live.is_there or seen.value is distinct from live.contact_now ->> seen.key
union all
select contact_id, 'id' as field from live where contact_as_seen is null and is_there
union all
select
    planned.contact_id,
    'email' as field
from planned
inner join kajabi_ledger.contacts_with_email((select array_agg(email) from planned where action = 'insert')) as taken
    on planned.email = taken.email_key
where planned.action = 'insert'
order by contact_id, field
