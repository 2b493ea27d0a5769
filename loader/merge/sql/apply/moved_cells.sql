-- Cells of planned contacts that are not as the plan saw them any more, and emails or ids that somebody else has
-- by now.
-- rtrim: a char(n) column pads what the picture of it does not; the MERGE itself compares to the letter.
with planned as (select * from kajabi_ledger.planned_rows where run_id = %(run_id)s),

live as (
    select
        planned.contact_id,
        planned.contact_as_seen,
        contacts.id is not null as is_there,
        to_jsonb(contacts.*) as contact_now
    from planned
    left join public.contacts as contacts on planned.contact_id = contacts.id
),

-- emails and ids that this plan gives to somebody: nobody else may have them by now
taken as (
    select
        taken.contact_id,
        taken.field
    from (
        select array_agg(to_jsonb(planned) - 'contact_as_seen') as planned_rows
        from planned
        -- who is given nothing of these has nothing to be looked up
        where action = 'insert' or field_rules ?| array['kajabi_id', 'kajabi_member_id']
    ) as listed
    cross join lateral kajabi_ledger.taken_keys(listed.planned_rows) as taken
)

select
    live.contact_id,
    seen.key as field
from live
cross join lateral jsonb_each_text(live.contact_as_seen) as seen
where
    not live.is_there
    or rtrim(seen.value) is distinct from rtrim(
        case
            when seen.key = 'is_deleted' then (live.contact_now ->> 'deleted_at' is not null)::text
            else live.contact_now ->> seen.key
        end
    )
union all
select contact_id, 'id' as field from live where contact_as_seen is null and is_there
union all
select contact_id, field from taken
order by contact_id, field
