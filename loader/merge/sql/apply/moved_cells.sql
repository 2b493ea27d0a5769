-- Cells of planned contacts that are not as the plan saw them any more, and emails or ids that somebody else has
-- by now.
-- rtrim: a char(n) column pads what the picture of it does not; the MERGE itself compares to the letter.
with planned as (select * from kajabi_ledger.planned_rows where run_id = %(run_id)s),

live as (
    select
        planned.contact_id,
        planned.contact_as_seen,
        contacts.id is not null as is_there,
        to_jsonb(contacts.*) || jsonb_build_object('is_deleted', to_jsonb(contacts.*) ->> 'deleted_at' is not null)
            as contact_now
    from planned
    left join public.contacts as contacts on planned.contact_id = contacts.id
),

-- emails and ids that this plan gives to somebody: nobody else may have them by now
claims as (
    select
        planned.contact_id,
        claim.key_kind,
        claim.key_value
    from planned
    cross join lateral (
        values
        ('email', case when planned.action = 'insert' then planned.email end),
        ('kajabi_id', case when planned.field_rules ? 'kajabi_id' then planned.kajabi_id end),
        (
            'kajabi_member_id',
            case
                when planned.action = 'update' and planned.field_rules ? 'kajabi_member_id'
                    then planned.kajabi_member_id
            end
        )
    ) as claim (key_kind, key_value)
    where claim.key_value is not null
),

taken as (
    select
        claimed.contact_id,
        holders.key_kind as field
    from claims as claimed
    inner join kajabi_ledger.holders_of_keys(
        (select array_agg(key_value) from claims where key_kind = 'email'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_id'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_member_id')
    ) as holders on claimed.key_kind = holders.key_kind and claimed.key_value = holders.key_value
    where claimed.contact_id <> holders.contact_id
)

select
    live.contact_id,
    seen.key as field
from live
cross join lateral jsonb_each_text(live.contact_as_seen) as seen
where not live.is_there or rtrim(seen.value) is distinct from rtrim(live.contact_now ->> seen.key)
union all
select contact_id, 'id' as field from live where contact_as_seen is null and is_there
union all
select contact_id, field from taken
order by contact_id, field
