-- One row per cell of a planned contact that is not as the plan saw it, and per email or id of the plan that somebody
-- else has by now.
-- Reads the live contacts whole-row, so that it never stands in the way of a migration of the table.
with merge_plan as (select * from {{ ref('merge_plan') }}),

plan_summary as (select * from {{ ref('plan_summary') }}),

applied_runs as (select * from {{ source('kajabi_ledger', 'merge_runs') }} where status = 'applied' and kind <> 'undo'),

live_contacts as (
    select
        planned.contact_id,
        planned.contact_as_seen,
        live.id is not null as is_there,
        to_jsonb(live.*) as contact_now
    from merge_plan as planned
    left join {{ source('crm', 'contacts') }} as live on planned.contact_id = live.id
),

moved_cells as (
    select
        live_contacts.contact_id,
        seen.key as field
    from live_contacts
    cross join lateral jsonb_each_text(live_contacts.contact_as_seen) as seen
    where
        not live_contacts.is_there
        -- a char(n) column pads what the picture of it does not
        or rtrim(seen.value) is distinct from rtrim(
            case
                when seen.key = 'is_deleted' then (live_contacts.contact_now ->> 'deleted_at' is not null)::text
                else live_contacts.contact_now ->> seen.key
            end
        )
),

-- emails and ids that this plan gives to somebody: nobody else may have them by now
taken_keys as (
    select
        taken.contact_id,
        taken.field
    from (
        select array_agg(to_jsonb(merge_plan) - 'contact_as_seen') as planned_rows
        from merge_plan
        -- who is given nothing of these has nothing to be looked up
        where action = 'insert' or field_rules ?| array['kajabi_id', 'kajabi_member_id']
    ) as planned
    cross join lateral kajabi_ledger.taken_keys(planned.planned_rows) as taken
),

guard_stale_plan as (
    select * from moved_cells
    union all
    select contact_id, 'id' as field from live_contacts where contact_as_seen is null and is_there
    union all
    select * from taken_keys
)

select * from guard_stale_plan
-- a plan that was applied, and not undone, is done: what it wrote is not a movement
where not exists (
    select from plan_summary inner join applied_runs on plan_summary.fingerprint = applied_runs.fingerprint
)
