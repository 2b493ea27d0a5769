-- One row per figure of the report: section, figure, value. The terminal, the JSON and the files read these numbers.
with wide_figures as (
    select 1 as section_order, 'contacts' as section, to_jsonb(f) as figures from {{ ref('contact_figures') }} as f
    union all
    select 2, 'values', to_jsonb(f) from {{ ref('value_figures') }} as f
    union all
    select 3, 'old_import', to_jsonb(f) from {{ ref('old_import_figures') }} as f
    union all
    select 4, 'enrichment', to_jsonb(f) from {{ ref('enrichment_figures') }} as f
    union all
    select 5, 'addresses', to_jsonb(f) from {{ ref('address_figures') }} as f
    union all
    select 6, 'corrections', to_jsonb(f) from {{ ref('correction_figures') }} as f
),

impact_summary as (
    select
        wide_figures.section_order,
        wide_figures.section,
        figure.key as figure,
        figure.value::bigint as figure_value
    from wide_figures
    cross join lateral jsonb_each_text(wide_figures.figures) as figure
)

select * from impact_summary order by section_order, figure
