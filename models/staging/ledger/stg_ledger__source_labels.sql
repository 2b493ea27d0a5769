{{ config(materialized='table', indexes=[{'columns': ['source_label'], 'unique': true}]) }}
-- One row per source label found in contacts or in the ledger, with its class and priority from the seed.
-- A label that the seed does not know is of class unknown: it protects, and is reported.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_sources as (select * from {{ ref('stg_ledger__field_sources') }}),

source_priorities as (select * from {{ ref('source_priorities') }}),

-- they are few: each is trimmed once, not in every contact
found_labels as (
    select unnest(array[source_system, phone_source, billing_address_source]) as found_label from contacts
    union
    select source from field_sources
),

labels as (
    select lower({{ trim_text('found_label') }}) as source_label from found_labels
    union
    values ('paypal'), ('manual')
),

stg_ledger__source_labels as (
    select distinct on (labels.source_label)
        labels.source_label,
        coalesce(source_priorities.provenance_class, 'unknown') as provenance_class,
        coalesce(source_priorities.priority, 60) as priority,
        coalesce(source_priorities.label, labels.source_label) as label
    from labels
    left join source_priorities
        on
            labels.source_label = source_priorities.source
            or (source_priorities.is_prefix and starts_with(labels.source_label, source_priorities.source))
    where labels.source_label is not null
    order by labels.source_label asc, length(source_priorities.source) desc nulls last
)

select * from stg_ledger__source_labels
