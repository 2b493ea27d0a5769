-- One row per managed field and Kajabi id of one contact: three values, the decision, and what the old import would do.
with seen as (select * from kajabi_guard.stg_crm__contacts where id = %(contact_id)s),

matched as (
    select row_number from kajabi_guard.contact_matches where contact_id = %(contact_id)s and status = 'matched'
),

exports as (
    select exports.*
    from kajabi_guard.stg_kajabi__contacts as exports
    inner join matched on exports.row_number = matched.row_number
),

-- a contact that is not in the export any more may still be in the baseline
baseline as (
    select baselines.*
    from kajabi_guard.stg_kajabi__baseline as baselines
    left join matched on true
    left join kajabi_guard.baseline_rows as known on matched.row_number = known.row_number
    cross join seen
    where
        baselines.row_number = known.baseline_row_number
        or (
            matched.row_number is null
            and (
                baselines.kajabi_id = kajabi_ledger.trim_text(seen.kajabi_id)
                or baselines.email_key = kajabi_ledger.clean_email(seen.email)
            )
        )
    order by
        coalesce(baselines.kajabi_id = kajabi_ledger.trim_text(seen.kajabi_id), false) desc,
        baselines.row_number asc
    limit 1
),

fields as (
    select field, position, policy, is_address from kajabi_guard.field_policies
    union all
    values ('kajabi_id', 100, 'link', false), ('kajabi_member_id', 101, 'link', false)
),

cells as (
    select
        fields.*,
        to_jsonb(seen) ->> fields.field as our_value,
        kajabi_ledger.trim_text(to_jsonb(seen) ->> fields.field) as our_text,
        (select to_jsonb(exports) ->> fields.field from exports) as kajabi_text,
        -- cleaned where anything differs; elsewhere Kajabi's text is ours, or there is none
        case
            when compared.contact_id is not null then compared.kajabi_value
            else (select to_jsonb(exports) ->> fields.field from exports)
        end as kajabi_value,
        case
            when decisions.contact_id is not null then decisions.baseline_value
            when compared.contact_id is not null then compared.baseline_value
            else (select to_jsonb(baseline) ->> fields.field from baseline)
        end as baseline_value,
        exists(select from kajabi_guard.stg_kajabi__baseline) as is_baseline_known,
        exists(
            select from kajabi_guard.stg_crm__columns as columns where columns.column_name = fields.field
        ) as is_column_here,
        exists(select from matched) as is_in_export
    from fields
    cross join seen
    left join kajabi_guard.three_way_cells as compared
        on seen.id = compared.contact_id and fields.field = compared.field
    left join kajabi_guard.field_decisions as decisions
        on seen.id = decisions.contact_id and fields.field = decisions.field
)

select
    cells.field,
    cells.position,
    cells.policy,
    cells.is_address,
    cells.is_column_here,
    cells.our_value as present_value,
    cells.kajabi_text as incoming_text,
    cells.kajabi_value as incoming_value,
    cells.baseline_value as base_value,
    cells.is_baseline_known as is_base_known,
    case
        when not cells.is_column_here then 'no_column'
        when not cells.is_in_export then 'no_row'
        when decisions.rule <> 'same' then 'differs'
        when cells.our_text is null and cells.kajabi_value is null then 'no_value'
        when cells.kajabi_value is null then 'kajabi_has_nothing'
        else 'same'
    end as state,
    decisions.rule,
    rules.label,
    rules.meaning,
    rules.why,
    coalesce(decisions.action, 'none') as action,
    coalesce(decisions.final_value, cells.our_value) as final_value,
    coalesce(decisions.needs_review, false) as needs_review,
    -- planned, but a part plan leaves it out
    coalesce(decisions.action in ('fill', 'update', 'link') and not writes.is_in_plan, false) as is_outside_plan,
    conflicts.opened_at as waits_since,
    conflicts.opened_by_run as waits_since_run,
    old.contact_id is not null as would_old_import_change,
    old.old_import_value,
    coalesce(old.is_enriched, false) as is_enriched
from cells
left join kajabi_guard.field_decisions as decisions
    on decisions.contact_id = %(contact_id)s and cells.field = decisions.field
left join kajabi_guard.decision_rules as rules on decisions.rule = rules.rule
left join kajabi_guard.contact_writes as writes on writes.contact_id = %(contact_id)s
left join kajabi_ledger.open_conflicts as conflicts
    on
        decisions.is_open_conflict and decisions.needs_review
        and conflicts.contact_id = %(contact_id)s and cells.field = conflicts.field
left join kajabi_guard.old_import_values as old
    on old.contact_id = %(contact_id)s and cells.field = old.field
order by cells.position
