-- Who has by now what a plan gives to somebody. Run by `kajabi-guard init` as the owner.

-- Emails and ids that these planned rows give to somebody and that another contact holds: nobody else may have them.
-- The guard of stale plans asks it for the plan, the write for its own copy of the plan, under the lock.
create function kajabi_ledger.taken_keys(planned_rows jsonb[]) returns table (contact_id uuid, field text)
language sql stable
as $$
    with claims as (
        select
            (planned.planned_row ->> 'contact_id')::uuid as contact_id,
            claim.key_kind,
            claim.key_value
        from unnest(planned_rows) as planned (planned_row)
        cross join lateral (
            values
            ('email', case when planned_row ->> 'action' = 'insert' then planned_row ->> 'email' end),
            ('kajabi_id', case when planned_row -> 'field_rules' ? 'kajabi_id' then planned_row ->> 'kajabi_id' end),
            (
                'kajabi_member_id',
                case
                    when planned_row ->> 'action' = 'update' and planned_row -> 'field_rules' ? 'kajabi_member_id'
                        then planned_row ->> 'kajabi_member_id'
                end
            )
        ) as claim (key_kind, key_value)
        where claim.key_value is not null
    )

    select
        claims.contact_id,
        holders.key_kind
    from claims
    inner join kajabi_ledger.holders_of_keys(
        (select array_agg(key_value) from claims where key_kind = 'email'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_id'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_member_id')
    ) as holders on claims.key_kind = holders.key_kind and claims.key_value = holders.key_value
    where claims.contact_id <> holders.contact_id
$$;

revoke all on function kajabi_ledger.taken_keys(jsonb[]) from public;
