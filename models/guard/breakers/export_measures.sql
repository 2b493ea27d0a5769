{{ config(materialized='table', indexes=[{'columns': ['measure'], 'unique': true}]) }}
-- One row per measure of an export: its value in the newest export and in the baseline (null without one).
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

measured as (
    select 'newest' as which, to_jsonb(measures) as measures
    from ({{ export_measures('exports') }}) as measures
    union all
    select 'baseline' as which, to_jsonb(measures) as measures
    from ({{ export_measures('baseline') }}) as measures
),

export_measures as (
    select
        newest.key as measure,
        newest.value as newest_value,
        baseline.value as baseline_value
    from measured
    cross join lateral jsonb_each_text(measured.measures) as newest
    left join (
        select each_baseline.key, each_baseline.value
        from measured
        cross join lateral jsonb_each_text(measured.measures) as each_baseline
        where measured.which = 'baseline' and (measured.measures ->> 'count_rows')::bigint > 0
    ) as baseline on newest.key = baseline.key
    where measured.which = 'newest'
)

select * from export_measures
