-- What waits for a person, as a list to fill in: equal changes of one field are one line. Give a verdict (ours, kajabi;
-- same-as, new, ignore for a held row) and a reason, save it as CSV and hand it to `decide --from`.
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
)

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
    null as verdict,
    null as other_email,
    null as because
from waiting
inner join kajabi_guard.field_policies as policies on waiting.field = policies.field
order by waiting.was_open_before asc, waiting.people desc, waiting.rule_order asc, waiting.email asc, waiting.field asc
