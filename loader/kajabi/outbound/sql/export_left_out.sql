-- Who is not in the files of this kind, and why; and which differences were not asked for.
with verdicts as (
    select
        contact_id,
        bool_or(verdict = 'correct') as is_to_correct,
        min(verdict) filter (where verdict in ('waits', 'incomplete')) as is_kept_back_by
    from kajabi_guard.correction_units
    where unit = any(%(units)s)
    group by contact_id
),

candidates as (
    select
        records.contact_id,
        records.left_out_because,
        records.consent,
        verdicts.is_kept_back_by
    from kajabi_guard.sendable_records as records
    left join verdicts on records.contact_id = verdicts.contact_id
    where
        case %(kind)s
            when 'corrections' then verdicts.is_to_correct or verdicts.is_kept_back_by is not null
            when 'full' then records.kajabi_id is not null
            else records.kajabi_id is null and not records.is_in_export
        end
),

reasons as (
    select
        coalesce(
            left_out_because,
            case
                when %(kind)s = 'new-contacts' and consent <> 'subscribed' and not %(includes_unknown)s
                    then 'unknown_consent'
                when %(kind)s <> 'new-contacts' then is_kept_back_by
            end
        ) as reason
    from candidates
)

select
    'left_out' as section,
    reason,
    count(*) as count_contacts
from reasons
where reason is not null
group by reason
union all
select
    'not_asked_for' as section,
    unit as reason,
    count(*) as count_contacts
from kajabi_guard.correction_units
where %(kind)s = 'corrections' and verdict = 'correct' and not unit = any(%(units)s)
group by unit
order by section, reason
