-- One row per field of one contact and override recorded on it, newest first: decided, protected, unprotected.
-- `holds`: it counts in the plan that stands; `is_since`: it was said after that plan, and counts from the next one on.
with plan as (select planned_at from kajabi_guard.plan_summary),

fields as (
    select field, is_address from kajabi_guard.field_policies
    union all
    values ('kajabi_id', false), ('kajabi_member_id', false)
),

decided as (
    select
        fields.field,
        'decided' as word,
        taken.decision as verdict,
        taken.because,
        taken.decided_at as said_at,
        taken.decided_by as said_by,
        taken.kajabi_values ->> fields.field as incoming_value,
        taken.override_id = max(taken.override_id) over (partition by fields.field) as is_newest
    from kajabi_ledger.overrides as taken
    inner join fields on taken.field = fields.field or (taken.field = 'address' and fields.is_address)
    where taken.contact_id = %(contact_id)s
),

protected as (
    select
        protections.field,
        case when protections.is_protected then 'protected' else 'unprotected' end as word,
        null as verdict,
        protections.because,
        protections.recorded_at as said_at,
        protections.recorded_by as said_by,
        null as incoming_value,
        protections.protection_id = max(protections.protection_id) over (partition by protections.field) as is_newest
    from kajabi_ledger.protections
    where protections.contact_id = %(contact_id)s
)

select
    words.*,
    words.said_at > plan.planned_at as is_since,
    case
        when words.said_at > plan.planned_at or not words.is_newest then false
        when words.word = 'decided' then valid.decision is not null
        else words.word = 'protected'
    end as holds
from (
    select * from decided
    union all
    select * from protected
) as words
cross join plan
left join kajabi_guard.active_overrides as valid
    on valid.contact_id = %(contact_id)s and words.field = valid.field and words.verdict = valid.decision
order by words.said_at desc, words.field asc
