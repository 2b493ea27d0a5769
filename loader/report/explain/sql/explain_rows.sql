-- One row per export row that concerns the contacts or was asked for: what became of it, and what settles it.
with concerned as (
    select row_number from kajabi_guard.match_candidates where contact_id = any(%(contact_ids)s::uuid[])
    union
    select row_number from kajabi_guard.contact_matches where contact_id = any(%(contact_ids)s::uuid[])
    union
    select unnest(%(row_numbers)s::bigint[])
),

latest_overrides as (
    select distinct on (row_key) *
    from kajabi_ledger.match_overrides
    order by row_key asc, match_override_id desc
),

inserted as (
    select exports.*
    from kajabi_guard.contact_matches as matches
    inner join kajabi_guard.stg_kajabi__contacts as exports on matches.row_number = exports.row_number
    where matches.status = 'new'
)

select
    exports.row_number,
    exports.email,
    exports.kajabi_id,
    case when writes.is_in_plan is false then 'held' else matches.status end as status,
    matches.matched_by,
    matches.contact_id,
    -- which row is taken instead of this one
    case held.hold_reason
        when 'other_row_decides' then deciding.row_number
        when 'same_email_in_export' then same_email.row_number
        when 'same_id_in_export' then same_id.row_number
    end as deciding_row,
    held.hold_reason,
    reasons.label,
    reasons.meaning,
    reasons.remedy,
    reasons.why,
    coalesce(string_to_array(reasons.settle_with, ', '), '{}') as settle_with,
    -- under its email a person would settle the other rows as well
    case
        when exports.email_key is null or count(held.row_number) over (partition by exports.email_key) > 1
            then coalesce(exports.kajabi_id, exports.email)
        else exports.email
    end as settle_as,
    words.decision as settled_as,
    words.because as settled_because,
    words.decided_at as settled_at,
    words.decided_by as settled_by,
    words.decided_at > plan_summary.planned_at as is_settled_since,
    jsonb_build_object(
        'first_name', exports.first_name -- each field, by commas
    ) as kajabi_values,
    -- what the plan inserts, cleaned
    case when writes.action = 'insert' then writes.final_values end as inserted_values,
    case when writes.action = 'insert' then writes.contact_id end as inserted_contact_id
from concerned
cross join kajabi_guard.plan_summary
inner join kajabi_guard.stg_kajabi__contacts as exports on concerned.row_number = exports.row_number
inner join kajabi_guard.contact_matches as matches on concerned.row_number = matches.row_number
left join kajabi_guard.contact_matches as deciding
    on matches.contact_id = deciding.contact_id and deciding.status = 'matched' and matches.status = 'held'
left join kajabi_guard.quarantined_rows as held on concerned.row_number = held.row_number
left join inserted as same_email
    on exports.email_key = same_email.email_key and held.hold_reason = 'same_email_in_export'
left join inserted as same_id
    on exports.kajabi_id = same_id.kajabi_id and held.hold_reason = 'same_id_in_export'
left join kajabi_guard.hold_reasons as reasons on held.hold_reason = reasons.hold_reason
left join kajabi_guard.contact_writes as writes on concerned.row_number = writes.row_number
left join latest_overrides as words
    on words.row_key = kajabi_ledger.row_key(
        exports.kajabi_id, exports.email_key, exports.first_name, exports.last_name, exports.phone
    )
order by exports.row_number
