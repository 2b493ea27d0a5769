-- One row: the plan. Its fingerprint covers the export, the policy, the columns found, the database, the restriction
-- and every planned row, old and new values alike. The write computes it again and refuses another one.
with plan_inputs as (select * from {{ ref('plan_inputs') }}),

merge_plan as (select * from {{ ref('merge_plan') }}),

contact_writes as (select * from {{ ref('contact_writes') }}),

planned as (
    select
        array_agg(to_jsonb(merge_plan)) as planned_rows,
        count(*) filter (where action = 'update') as count_updates,
        count(*) filter (where action = 'insert') as count_inserts
    from merge_plan
),

plan_summary as (
    select
        plan_inputs.load_id,
        kajabi_ledger.plan_fingerprint(to_jsonb(plan_inputs), planned.planned_rows) as fingerprint,
        plan_inputs.policy_version,
        plan_inputs.columns_found,
        -- so that a refusal can name which of them has moved
        to_jsonb(plan_inputs) as inputs,
        plan_inputs.plan_scope is not null as is_partial,
        planned.count_updates,
        planned.count_inserts,
        (select count(*) from contact_writes where not is_in_plan) as count_outside_plan,
        now() as planned_at
    from plan_inputs
    cross join planned
)

select * from plan_summary
