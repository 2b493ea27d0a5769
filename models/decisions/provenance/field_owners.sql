{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per difference with evidence: the owner that is shown, and what all the evidence together forbids.
-- The order chooses the owner that people see; protection asks whether any evidence at all objects.
with field_provenance as (select * from {{ ref('field_provenance') }}),

judged as (
    select
        contact_id,
        field,
        bool_or(evidence = 'source_system' and provenance_class <> 'own') as is_other_contact,
        bool_or(evidence <> 'source_system' and provenance_class in ('named', 'unknown')) as is_other_field,
        bool_or(evidence <> 'source_system' and provenance_class = 'legacy') as is_legacy_field
    from field_provenance
    group by contact_id, field
),

shown as (
    select distinct on (contact_id, field)
        contact_id,
        field,
        source_label as owner,
        label as owner_label,
        provenance_class as owner_class,
        priority as owner_priority,
        evidence
    from field_provenance
    order by
        contact_id asc, field asc,
        -- who edited here comes before what the ledger says was written before
        evidence = 'edited_here' desc, evidence = 'contact_field_sources' desc, priority asc, evidence asc
),

field_owners as (
    select
        shown.*,
        judged.is_other_contact,
        judged.is_other_field,
        judged.is_legacy_field
    from shown
    inner join judged on shown.contact_id = judged.contact_id and shown.field = judged.field
)

select * from field_owners
