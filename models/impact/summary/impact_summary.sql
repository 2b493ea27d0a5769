{{ config(indexes=[{'columns': ['section', 'figure'], 'unique': true}]) }}
-- One row per figure of the report: section, figure, value. The terminal, the JSON and the files read these numbers.
with living_contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

matches as (select * from {{ ref('contact_matches') }}),

field_outcomes as (select * from {{ ref('field_outcomes') }}),

import_impact as (select * from {{ ref('import_impact') }}),

old_import_matches as (select * from {{ ref('old_import_matches') }} where is_deciding),

address_evaluation as (select * from {{ ref('address_evaluation') }}),

correction_outcomes as (select * from {{ ref('correction_outcomes') }}),

-- how the contacts and the rows of the export meet: every export row is matched, new or held
contact_figures as (
    select
        (select count(*) from living_contacts) as in_database,
        count(*) as in_export,
        count(*) filter (where status = 'matched') as matched,
        (select count(*) from living_contacts) - count(*) filter (where status = 'matched') as only_in_database,
        count(*) filter (where status = 'new') as new,
        count(*) filter (where status = 'held') as held
    from matches
),

-- what is written, linked or kept: a write that waits outside of a restricted plan counts as kept
value_figures as (
    select
        coalesce(sum(count_values) filter (where outcome = 'fill'), 0) as fill,
        coalesce(sum(count_values) filter (where outcome = 'update'), 0) as update,
        coalesce(sum(count_values) filter (where outcome in ('keep', 'wait')), 0) as keep,
        coalesce(sum(count_values) filter (where outcome = 'link'), 0) as link,
        coalesce(sum(count_needs_review), 0) as needs_review
    from field_outcomes
),

old_import_figures as (
    select
        count(*) as contacts_changed,
        count(*) filter (where is_enriched) as enriched_contacts,
        count(*) filter (where not is_enriched) as corrected_contacts,
        count(*) filter (where is_enriched and is_linked_to_paypal) as enriched_linked_to_paypal,
        count(*) filter (where is_enriched and is_linked_to_zoho) as enriched_linked_to_zoho,
        coalesce(sum(count_values), 0) as values_changed,
        -- it made every contact that it touched Kajabi's
        (
            select count(*)
            from old_import_matches
            inner join {{ ref('stg_crm__contacts') }} as contacts on old_import_matches.contact_id = contacts.id
            where contacts.source_system is distinct from 'kajabi'
        ) as relabelled_contacts
    from import_impact
),

-- how much of the contacts came from elsewhere than Kajabi
enrichment_figures as (
    select
        count(*) filter (
            where {{ trim_text('phone') }} is not null
            and not starts_with(lower({{ trim_text('phone_source') }}), 'kajabi')
        ) as phones_from_others,
        count(*) filter (
            where coalesce({{ trim_text('paypal_first_name') }}, {{ trim_text('paypal_last_name') }}) is not null
        ) as names_from_paypal,
        count(*) filter (where {{ trim_text('shipping_address_line_1') }} is not null) as shipping_addresses,
        count(*) filter (where {{ trim_text('zoho_id') }} is not null) as linked_to_zoho,
        count(*) filter (where {{ trim_text('paypal_email') }} is not null) as linked_to_paypal,
        count(*) filter (where {{ trim_text('phone') }} is not null) as with_phone
    from living_contacts
),

address_figures as (
    select
        count(*) filter (where evaluation = 'match') as match,
        count(*) filter (where evaluation = 'needs_update') as needs_update,
        count(*) filter (where evaluation = 'missing_in_kajabi') as missing_in_kajabi,
        count(*) filter (where evaluation = 'missing_here') as missing_here,
        count(*) filter (where evaluation = 'only_in_export') as only_in_export,
        count(*) filter (where evaluation = 'only_in_database') as only_in_database
    from address_evaluation
),

correction_figures as (
    select
        count(*) as sent,
        count(*) filter (where outcome = 'arrived') as arrived,
        count(*) filter (where outcome = 'not_yet') as not_yet,
        count(*) filter (where outcome = 'otherwise') as otherwise
    from correction_outcomes
),

impact_summary as (
    select
        sections.section_order,
        sections.section,
        figure.key as figure,
        figure.value::bigint as figure_value
    from (
        select 1 as section_order, 'contacts' as section, to_jsonb(f) as figures from contact_figures as f
        union all
        select 2, 'values', to_jsonb(f) from value_figures as f
        union all
        select 3, 'old_import', to_jsonb(f) from old_import_figures as f
        union all
        select 4, 'enrichment', to_jsonb(f) from enrichment_figures as f
        union all
        select 5, 'addresses', to_jsonb(f) from address_figures as f
        union all
        select 6, 'corrections', to_jsonb(f) from correction_figures as f
    ) as sections
    cross join lateral jsonb_each_text(sections.figures) as figure
)

select * from impact_summary order by section_order, figure
