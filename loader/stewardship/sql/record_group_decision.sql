-- One word on an equal change of many people (state: CO to Colorado): a decision for each of them.
-- An address is one unit: whoever's address differs in another part as well has a question of their own.
with alike as (
    select
        decisions.contact_id,
        case when policies.is_address then 'address' else decisions.field end as field,
        case
            when policies.is_address then addresses.count_replaced > 0
            else decisions.kajabi_value is not null and decisions.rule <> 'invalid_in_kajabi'
        end as can_be_taken
    from kajabi_guard.field_decisions as decisions
    -- an id is one person's: the two have no policy, and are decided one by one
    inner join kajabi_guard.field_policies as policies on decisions.field = policies.field
    left join kajabi_guard.address_reviews as addresses on decisions.contact_id = addresses.contact_id
    where
        decisions.needs_review
        and (not policies.is_address or addresses.is_one_part)
        and decisions.field = %(field)s
        and kajabi_ledger.is_as_seen(decisions.our_value, %(our_value)s::text)
        and kajabi_ledger.is_as_seen(decisions.kajabi_value, %(kajabi_value)s::text)
),

decided as (
    select *
    from alike
    where %(verdict)s = 'ours' or can_be_taken
),

recorded as (
    insert into kajabi_ledger.overrides (
        contact_id, field, decision, kajabi_values, our_values, after_run, because, decided_by
    )
    select
        decided.contact_id,
        decided.field,
        %(verdict)s,
        (
            select jsonb_object_agg(cells.field, cells.kajabi_value)
            from kajabi_guard.three_way_cells as cells
            inner join kajabi_guard.field_policies as policies on cells.field = policies.field
            where
                cells.contact_id = decided.contact_id
                and (cells.field = decided.field or (decided.field = 'address' and policies.is_address))
        ),
        (
            select jsonb_object_agg(cells.field, cells.our_value)
            from kajabi_guard.three_way_cells as cells
            inner join kajabi_guard.field_policies as policies on cells.field = policies.field
            where
                cells.contact_id = decided.contact_id
                and (cells.field = decided.field or (decided.field = 'address' and policies.is_address))
        ),
        (select coalesce(max(run_id), 0) from kajabi_ledger.merge_runs),
        %(because)s,
        %(decided_by)s
    from decided
    returning contact_id
)

select
    (select count(*) from alike) as count_alike,
    (select count(*) from recorded) as count_recorded
