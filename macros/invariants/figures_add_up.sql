{# Invariant: the parts of the report add up to their wholes, and the wholes are counted a second time, from the rows.
   It guards the figures on which a person decides whether to write.
   A figure that loses rows looks like a quiet week. #}
{% macro figures_add_up() -%}
    with figures as (
        select
            max(figure_value) filter (where section = 'contacts' and figure = 'in_export') as in_export,
            max(figure_value) filter (where section = 'contacts' and figure = 'in_database') as in_database,
            max(figure_value) filter (where section = 'contacts' and figure = 'matched') as matched,
            max(figure_value) filter (where section = 'contacts' and figure = 'only_in_database') as only_in_database,
            max(figure_value) filter (where section = 'contacts' and figure = 'new') as count_new,
            max(figure_value) filter (where section = 'contacts' and figure = 'held') as held,
            sum(figure_value) filter (where section = 'values' and figure in ('fill', 'update', 'keep', 'link')) as decided,
            sum(figure_value) filter (where section = 'addresses' and figure <> 'only_in_export') as evaluated,
            max(figure_value) filter (where section = 'old_import' and figure = 'contacts_changed') as changed,
            max(figure_value) filter (where section = 'old_import' and figure = 'enriched_contacts') as enriched,
            max(figure_value) filter (where section = 'old_import' and figure = 'corrected_contacts') as corrected,
            max(figure_value) filter (where section = 'old_import' and figure = 'values_changed') as values_changed
        from {{ ref('impact_summary') }}
    ),

    living_contacts as not materialized (select id from {{ ref('stg_crm__contacts') }} where not is_deleted),

    matches as not materialized (select * from {{ ref('contact_matches') }} where status = 'matched'),

    field_decisions as (select * from {{ ref('field_decisions') }}),

    recounted as (
        select
            (select count(*) from {{ ref('stg_kajabi__contacts') }}) as count_exports,
            (select count(*) from living_contacts) as count_living,
            (
                select count(*) from living_contacts
                where not exists (select from matches where matches.contact_id = living_contacts.id)
            ) as count_unmatched,
            (select count(*) from field_decisions) as count_decisions,
            (select count(*) from field_decisions where action <> 'none') as count_decided,
            (select coalesce(sum(count_values), 0) from {{ ref('field_outcomes') }}) as count_by_outcome,
            (select count(*) from {{ ref('old_import_values') }}) as count_old_import_values
    ),

    sums as (
        select each_sum.*
        from figures
        cross join recounted
        cross join lateral (
            values
            ('in_export = matched + new + held', figures.in_export, figures.matched + figures.count_new + figures.held),
            ('in_export = staged rows', figures.in_export, recounted.count_exports),
            ('in_database = matched + only_in_database', figures.in_database, figures.matched + figures.only_in_database),
            ('in_database = living contacts', figures.in_database, recounted.count_living),
            ('only_in_database = living contacts without a row', figures.only_in_database, recounted.count_unmatched),
            ('fill + update + keep + link = decisions', figures.decided, recounted.count_decided),
            ('by field, outcome, rule and owner = decisions', recounted.count_by_outcome, recounted.count_decisions),
            ('addresses = living contacts', figures.evaluated, recounted.count_living),
            ('contacts_changed = enriched + corrected', figures.changed, figures.enriched + figures.corrected),
            ('values_changed = values of the old import', figures.values_changed, recounted.count_old_import_values)
        ) as each_sum (statement, one_side, other_side)
    ),

    bad_rows as (select * from sums where one_side is distinct from other_side)

    select * from bad_rows
{%- endmacro %}
