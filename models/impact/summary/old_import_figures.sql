-- One row: what the old import would have done.
with import_impact as (select * from {{ ref('import_impact') }}),

relabelled_contacts as (select * from {{ ref('relabelled_contacts') }}),

old_import_figures as (
    select
        count(*) as contacts_changed,
        count(*) filter (where is_enriched) as enriched_contacts,
        count(*) filter (where not is_enriched) as corrected_contacts,
        count(*) filter (where is_enriched and is_linked_to_paypal) as enriched_linked_to_paypal,
        count(*) filter (where is_enriched and is_linked_to_zoho) as enriched_linked_to_zoho,
        coalesce(sum(count_values), 0)::bigint as values_changed,
        (select count(*) from relabelled_contacts) as relabelled_contacts
    from import_impact
)

select * from old_import_figures
