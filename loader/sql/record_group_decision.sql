-- One word on an equal change of many people (state: CO to Colorado): a decision for each of them.
-- An address is one unit: whoever's address differs in another part as well is left for a decision of their own.
with alike as (
    select decisions.contact_id, decisions.field
    from kajabi_guard.field_decisions as decisions
    -- an id is one person's: the two have no policy, and are decided one by one
    inner join kajabi_guard.field_policies as policies on decisions.field = policies.field
    where
        decisions.needs_review
        and decisions.field = %(field)s
        -- a list that went through a spreadsheet has lost the blanks around our value, and the zeros before a number
        and (
            kajabi_ledger.trim_text(decisions.present_value)
            is not distinct from kajabi_ledger.trim_text(%(present_value)s)
            or (
                decisions.present_value ~ '^[0-9]+$'
                and ltrim(decisions.present_value, '0') = ltrim(%(present_value)s::text, '0')
            )
        )
        and (
            decisions.incoming_value is not distinct from %(incoming_value)s
            or (
                decisions.incoming_value ~ '^[0-9]+$'
                and ltrim(decisions.incoming_value, '0') = ltrim(%(incoming_value)s::text, '0')
            )
        )
),

decided as (
    select
        alike.contact_id,
        case when policies.is_address then 'address' else alike.field end as field
    from alike
    inner join kajabi_guard.field_policies as policies on alike.field = policies.field
    where not policies.is_address or not exists (
        select from kajabi_guard.field_decisions as others
        inner join kajabi_guard.field_policies as other_policies on others.field = other_policies.field
        where
            others.contact_id = alike.contact_id
            and other_policies.is_address
            and others.field <> alike.field
            and others.needs_review
    )
),

recorded as (
    insert into kajabi_ledger.decisions_taken (
        contact_id, field, verdict, incoming_values, present_values, after_run, because, decided_by
    )
    select
        decided.contact_id,
        decided.field,
        %(verdict)s,
        (
            select jsonb_object_agg(cells.field, cells.incoming_value)
            from kajabi_guard.compared_cells as cells
            inner join kajabi_guard.field_policies as policies on cells.field = policies.field
            where
                cells.contact_id = decided.contact_id
                and (cells.field = decided.field or (decided.field = 'address' and policies.is_address))
        ),
        (
            select jsonb_object_agg(cells.field, cells.present_value)
            from kajabi_guard.compared_cells as cells
            inner join kajabi_guard.field_policies as policies on cells.field = policies.field
            where
                cells.contact_id = decided.contact_id
                and (cells.field = decided.field or (decided.field = 'address' and policies.is_address))
        ),
        (select coalesce(max(run_id), 0) from kajabi_ledger.merge_runs),
        %(because)s,
        %(decided_by)s
    from decided
    where %(verdict)s in ('ours', 'kajabi') and (%(verdict)s = 'ours' or %(incoming_value)s::text is not null)
    returning contact_id
)

select
    (select count(*) from alike) as count_alike,
    (select count(*) from recorded) as count_recorded
