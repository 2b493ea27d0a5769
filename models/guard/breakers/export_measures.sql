-- One row per measure of an export: its value in the newest export and in the last accepted one (null without a base).
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

measured as (
    select 'newest' as which, to_jsonb(measures) as measures
    from ({{ export_measures('exports') }}) as measures
    union all
    select 'base' as which, to_jsonb(measures) as measures
    from ({{ export_measures('baseline') }}) as measures
),

export_measures as (
    select
        newest.key as measure,
        newest.value as newest_value,
        base.value as base_value
    from measured
    cross join lateral jsonb_each_text(measured.measures) as newest
    left join (
        select each_base.key, each_base.value
        from measured
        cross join lateral jsonb_each_text(measured.measures) as each_base
        where measured.which = 'base' and (measured.measures ->> 'count_rows')::bigint > 0
    ) as base on newest.key = base.key
    where measured.which = 'newest'
)

select * from export_measures
