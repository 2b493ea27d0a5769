-- Cells that a file would say and that are not as the plan saw them; `id` for a contact that is gone or deleted.
with exported as (
    select
        seen.id as contact_id,
        to_jsonb(seen.*) as contact_as_seen
    from kajabi_guard.stg_crm__contacts as seen
    where seen.id = any(%(contact_ids)s)
),

live as (
    select
        exported.contact_id,
        exported.contact_as_seen,
        to_jsonb(contacts.*) as contact_now
    from exported
    left join public.contacts as contacts on exported.contact_id = contacts.id
)

select
    live.contact_id,
    each_field.field
from live
cross join lateral unnest(%(fields)s::text[]) as each_field (field)
where
    live.contact_now is not null
    and kajabi_ledger.trim_text(live.contact_as_seen ->> each_field.field)
    is distinct from kajabi_ledger.trim_text(live.contact_now ->> each_field.field)
union all
select
    contact_id,
    'id' as field
from live
where contact_now is null or contact_now ->> 'deleted_at' is not null
order by contact_id, field
