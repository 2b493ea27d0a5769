-- What waits for a person, as a list to fill in: equal changes of one field are one line, a held row is a line as well.
-- Give a verdict (one of `possible_verdicts`) and a reason, save it as CSV and hand it to `decide --from`.
with waiting as (
    select
        decisions.field,
        decisions.present_value,
        decisions.incoming_value,
        rules.label,
        rules.rule_order,
        count(*) as people,
        min(contacts.email) as email,
        bool_and(decisions.is_open_conflict) as was_open_before
    from kajabi_guard.field_decisions as decisions
    inner join kajabi_guard.stg_crm__contacts as contacts on decisions.contact_id = contacts.id
    inner join kajabi_guard.decision_rules as rules on decisions.rule = rules.rule
    where decisions.needs_review
    group by decisions.field, decisions.present_value, decisions.incoming_value, rules.label, rules.rule_order
),

cells as (
    select
        case when waiting.people = 1 then waiting.email end as email,
        waiting.people,
        case
            when waiting.people = 1 and policies.is_address then 'address' else waiting.field
        end as field,
        waiting.field as differs_in,
        waiting.present_value as ours,
        waiting.incoming_value as kajabi,
        waiting.label as why_it_waits,
        not waiting.was_open_before as is_new,
        -- what is no value cannot be taken; an address is decided with its other parts
        case
            when policies.is_address then 'ours, kajabi'
            when waiting.incoming_value is null then 'ours'
            when waiting.field = 'phone' and waiting.incoming_value !~ '[0-9]' then 'ours'
            else 'ours, kajabi'
        end as possible_verdicts,
        waiting.rule_order
    from waiting
    inner join kajabi_guard.field_policies as policies on waiting.field = policies.field
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
        reasons.settle_with as possible_verdicts,
        1000 as rule_order
    from kajabi_guard.held_rows as held
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
    possible_verdicts,
    null as verdict,
    null as other_email,
    null as because
from (
    select * from cells
    union all
    select * from held
) as lines
order by is_new desc nulls last, people desc, rule_order asc, email asc, differs_in asc
