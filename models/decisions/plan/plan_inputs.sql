{{ config(materialized='view') }}
-- One row: what a plan is made from besides the contacts. A view: the write asks it again, under lock.
with ledger as (select * from {{ ref('stg_ledger__state') }}),

-- as the guards of this build have them
limits as (
    select
        limit_name,
        limit_value
    from (
        values
        ('shrink_limit_percent', {{ var('shrink_limit_percent') }}::numeric),
        ('filled_limit_points', {{ var('filled_limit_points') }}),
        ('filled_limit_values', {{ var('filled_limit_values') }}),
        ('volume_limit_percent', {{ var('volume_limit_percent') }}),
        ('volume_limit_contacts', {{ var('volume_limit_contacts') }}),
        ('damaged_codes_limit', {{ var('damaged_codes_limit') }}),
        ('shifted_rows_limit', {{ var('shifted_rows_limit') }})
    ) as named (limit_name, limit_value)
),

policy as (
    select
        encode(sha256(convert_to(string_agg(seed_row, E'\n' order by seed_row collate "C"), 'UTF8')), 'hex') as version
    from (
        select to_jsonb(p)::text as seed_row from {{ ref('field_policies') }} as p
        union all
        select to_jsonb(s)::text from {{ ref('source_priorities') }} as s
        union all
        select to_jsonb(r)::text from {{ ref('decision_rules') }} as r
        union all
        select to_jsonb(b)::text from {{ ref('placeholders') }} as b
        union all
        select to_jsonb(l)::text from limits as l
    ) as seed_rows
),

plan_inputs as (
    select
        ledger.load_id,
        ledger.load_sha256,
        ledger.load_encoding,
        ledger.baseline_sha256,
        policy.version as policy_version,
        (
            select string_agg(column_name, ',' order by column_name collate "C")
            from {{ ref('stg_crm__columns') }}
        ) as columns_found,
        ledger.database_identity::text as database_identity,
        ledger.plan_scope,
        -- what people said since: a plan that does not know the newest word is not the one to write
        ledger.latest_override,
        ledger.latest_match_override,
        ledger.latest_protection
    from ledger
    cross join policy
    -- without a load there is no plan
    where ledger.load_id is not null
)

select * from plan_inputs
