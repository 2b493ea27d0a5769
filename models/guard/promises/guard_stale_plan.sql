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
        to_jsonb(live.*) || jsonb_build_object('is_deleted', to_jsonb(live.*) ->> 'deleted_at' is not null)
            as contact_now
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
        or rtrim(seen.value) is distinct from rtrim(live_contacts.contact_now ->> seen.key)
),

-- emails and ids that this plan gives to somebody: nobody else may have them by now
claims as (
    select
        merge_plan.contact_id,
        claim.key_kind,
        claim.key_value
    from merge_plan
    cross join lateral (
        values
        ('email', case when merge_plan.action = 'insert' then merge_plan.email end),
        ('kajabi_id', case when merge_plan.field_rules ? 'kajabi_id' then merge_plan.kajabi_id end),
        (
            'kajabi_member_id',
            case
                when merge_plan.action = 'update' and merge_plan.field_rules ? 'kajabi_member_id'
                    then merge_plan.kajabi_member_id
            end
        )
    ) as claim (key_kind, key_value)
    where claim.key_value is not null
),

taken_keys as (
    select
        claimed.contact_id,
        holders.key_kind as field
    from claims as claimed
    inner join kajabi_ledger.holders_of_keys(
        (select array_agg(key_value) from claims where key_kind = 'email'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_id'),
        (select array_agg(key_value) from claims where key_kind = 'kajabi_member_id')
    ) as holders on claimed.key_kind = holders.key_kind and claimed.key_value = holders.key_value
    where claimed.contact_id <> holders.contact_id
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
