-- One row: which database this is, its newest load and its baseline, what the next plan is restricted to, the latest
-- override of each kind, and whether it was ever said who was merged away.
with database_identity as (select identity from {{ source('kajabi_ledger', 'database_identity') }}),

loads as (select * from {{ source('kajabi_raw', 'loads') }}),

newest_load as (
    select load_id, sha256, encoding from loads where newest_rank is not null order by newest_rank desc limit 1
),

baseline_load as (select sha256 from loads where baseline_rank is not null order by baseline_rank desc limit 1),

restriction as (
    select
        string_agg(coalesce(only_email, first_count::text), ',' order by only_email collate "C") as plan_scope,
        jsonb_agg(only_email order by only_email collate "C") filter (where only_email is not null) as only_emails,
        max(first_count) as first_count
    from {{ source('kajabi_ledger', 'plan_scope') }}
),

stg_ledger__state as (
    select
        database_identity.identity as database_identity,
        newest_load.load_id,
        newest_load.sha256 as load_sha256,
        newest_load.encoding as load_encoding,
        (select sha256 from baseline_load) as baseline_sha256,
        restriction.plan_scope,
        restriction.only_emails,
        restriction.first_count,
        (select max(override_id) from {{ source('kajabi_ledger', 'overrides') }}) as latest_override,
        (select max(match_override_id) from {{ source('kajabi_ledger', 'match_overrides') }}) as latest_match_override,
        (select max(protection_id) from {{ source('kajabi_ledger', 'protections') }}) as latest_protection,
        exists (select from {{ source('kajabi_ledger', 'merged_contacts') }})
        or exists (select from {{ source('kajabi_ledger', 'no_merged_contacts_declared') }})
            as are_merged_contacts_known
    from database_identity
    cross join restriction
    left join newest_load on true
)

select * from stg_ledger__state
