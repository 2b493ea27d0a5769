{{ config(materialized='view') }}
-- One row: what a plan is made from besides the contacts. A view: the write asks it again, under lock.
with loads as (select * from {{ ref('stg_kajabi__loads') }}),

newest_load as (
    select load_id, sha256, encoding from loads where newest_rank is not null order by newest_rank desc limit 1
),

base_load as (select sha256 from loads where base_rank is not null order by base_rank desc limit 1),

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
        select to_jsonb(l)::text from {{ ref('limits') }} as l
    ) as seed_rows
),

plan_inputs as (
    select
        newest_load.load_id,
        newest_load.sha256 as load_sha256,
        newest_load.encoding as load_encoding,
        (select sha256 from base_load) as base_sha256,
        policy.version as policy_version,
        (
            select string_agg(column_name, ',' order by column_name collate "C")
            from {{ ref('stg_crm__columns') }}
        ) as columns_found,
        (select identity::text from {{ ref('stg_ledger__database_identity') }}) as database_identity,
        (
            select string_agg(coalesce(only_email, first_count::text), ',' order by only_email collate "C")
            from {{ ref('stg_ledger__plan_scope') }}
        ) as plan_scope,
        -- what people said since: a plan that does not know the newest word is not the one to write
        (select max(decision_id) from {{ ref('stg_ledger__overrides') }}) as newest_decision,
        (select max(settlement_id) from {{ ref('stg_ledger__match_overrides') }}) as newest_settlement,
        (select max(protection_id) from {{ ref('stg_ledger__protections') }}) as newest_protection
    from newest_load
    cross join policy
)

select * from plan_inputs
