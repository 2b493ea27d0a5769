-- What needs review, as a list to fill in: equal changes of one field are one line, a quarantined row is one as well.
-- An address is one question: where more than one part of it would change, its line shows both addresses whole.
-- Give a verdict (one of `possible_verdicts`) and a reason, save it as CSV and hand it to `decide --from`.
with questions as (
    select
        decisions.contact_id,
        case when is_whole then 'address' else decisions.field end as differs_in,
        coalesce(policies.is_address, false) as is_address,
        policies.field is null as is_id,
        case when is_whole then addresses.our_address else decisions.our_value end as ours,
        case when is_whole then addresses.kajabi_address else decisions.kajabi_value end as kajabi,
        rules.rule,
        rules.label,
        rules.rule_order,
        decisions.is_open_conflict,
        -- nothing that could be taken
        policies.field is null
        or rules.rule = 'invalid_in_kajabi'
        or case when policies.is_address then addresses.count_replaced = 0 else decisions.kajabi_value is null end
            as is_only_ours,
        case when policies.is_address then addresses.emptied_parts end as emptied_parts,
        case when is_whole then addresses.staying_parts end as staying_parts
    from kajabi_guard.field_decisions as decisions
    inner join kajabi_guard.decision_rules as rules on decisions.rule = rules.rule
    left join kajabi_guard.field_policies as policies on decisions.field = policies.field
    left join kajabi_guard.address_reviews as addresses on decisions.contact_id = addresses.contact_id
    cross join lateral (
        values (coalesce(policies.is_address and not addresses.is_one_part, false))
    ) as unit (is_whole)
    where decisions.needs_review
),

-- of an address that waits in several parts, the first rule says why
asked as (
    select distinct on (contact_id, differs_in)
        questions.*,
        bool_and(is_open_conflict) over (partition by contact_id, differs_in) as was_open_before
    from questions
    order by contact_id asc, differs_in asc, rule_order asc
),

waiting as (
    select
        asked.differs_in,
        asked.is_address,
        asked.is_id,
        asked.ours,
        asked.kajabi,
        asked.label,
        asked.rule_order,
        asked.is_only_ours,
        asked.emptied_parts,
        asked.staying_parts,
        count(*) as people,
        min(contacts.email) as email,
        bool_and(asked.was_open_before) as was_open_before
    from asked
    inner join kajabi_guard.stg_crm__contacts as contacts on asked.contact_id = contacts.id
    group by
        asked.differs_in, asked.is_address, asked.is_id, asked.ours, asked.kajabi, asked.label, asked.rule_order,
        asked.is_only_ours, asked.emptied_parts, asked.staying_parts,
        -- an id is one person's, whoever else has the same; so is an address
        case when asked.is_id or asked.differs_in = 'address' then asked.contact_id end
),

cells as (
    select
        case when people = 1 then email end as email,
        people,
        case when people = 1 and is_address then 'address' else differs_in end as field,
        differs_in,
        ours,
        kajabi,
        label as why_it_waits,
        not was_open_before as is_new,
        case
            when is_id
                then
                    'ours: nothing changes here, and this id is not asked again. If Kajabi''s is right, correct it on '
                    'the contact in your database.'
            when is_only_ours then 'ours: ours stays, and it is not asked again.'
            else
                'ours: ours stays. kajabi: Kajabi''s is taken'
                || case when differs_in = 'address' then ' as a whole' else '' end
                || coalesce('; your ' || emptied_parts || ' is emptied', '')
                || coalesce('; yours stays where Kajabi has none: ' || staying_parts, '')
                || '.'
        end as what_to_do,
        case when is_only_ours then 'ours' else 'ours, kajabi' end as possible_verdicts,
        null::bigint as export_row,
        rule_order
    from waiting
),

-- a second row of a merged person is there every week and needs nobody
held as (
    select
        coalesce(held.email, held.kajabi_id) as email,
        1 as people,
        null as field,
        null as differs_in,
        null as ours,
        null as kajabi,
        held.label as why_it_waits,
        null::boolean as is_new,
        reasons.remedy as what_to_do,
        reasons.settle_with as possible_verdicts,
        held.row_number as export_row,
        1000 as rule_order
    from kajabi_guard.quarantined_rows as held
    inner join kajabi_guard.hold_reasons as reasons on held.hold_reason = reasons.hold_reason
    where held.hold_reason not in ('other_row_decides', 'ignored', 'not_in_this_plan')
)

select
    email,
    people,
    field,
    differs_in,
    ours,
    kajabi,
    why_it_waits,
    is_new,
    what_to_do,
    possible_verdicts,
    export_row,
    null as verdict,
    null as other_email,
    null as because
from (
    select * from cells
    union all
    select * from held
) as lines
order by is_new desc nulls last, people desc, rule_order asc, email asc, differs_in asc, export_row asc
