{# Invariant: every mark of a source on a field that differs, and every edit made here over a value that this tool
   wrote, is in `field_provenance` exactly once.
   It guards the protection: evidence is joined with the known sources, and a label that falls out of that join
   protects nothing. PayPal's phone would be overwritten, and the plan would call it nobody's. #}
{% macro every_evidence_is_weighed() -%}
    with field_differences as (select * from {{ ref('field_differences') }}),

    contacts as (select * from {{ ref('stg_crm__contacts') }}),

    field_sources as (select * from {{ source('kajabi_ledger', 'contact_field_sources') }}),

    field_changes as (select * from {{ source('kajabi_ledger', 'field_changes') }}),

    field_provenance as (select * from {{ ref('field_provenance') }}),

    last_writes as (
        select distinct on (contact_id, field)
            contact_id,
            field,
            written_value
        from field_changes
        order by contact_id asc, field asc, run_id desc
    ),

    marked as (
        select
            field_differences.contact_id,
            field_differences.field,
            to_jsonb(contacts) as contact
        from field_differences
        inner join contacts on field_differences.contact_id = contacts.id
        where field_differences.field not in ('kajabi_id', 'kajabi_member_id')
    ),

    marks as (
        select contact_id, field, 'source_system' as evidence, contact ->> 'source_system' as mark from marked
        union all
        select contact_id, field, 'phone_source', contact ->> 'phone_source' from marked where field = 'phone'
        union all
        select contact_id, field, 'billing_address_source', contact ->> 'billing_address_source'
        from marked where field in ({{ list_fields("'FIELD'", address_fields()) }})
        union all
        select contact_id, field, 'paypal_value', contact ->> ('paypal_' || field) from marked
        union all
        select marked.contact_id, marked.field, 'contact_field_sources', field_sources.source
        from marked
        inner join field_sources on marked.contact_id = field_sources.contact_id and marked.field = field_sources.field
        union all
        -- what this tool wrote last is not what stands: somebody here changed it
        select marked.contact_id, marked.field, 'edited_here', 'manual'
        from marked
        inner join last_writes on marked.contact_id = last_writes.contact_id and marked.field = last_writes.field
        where
            coalesce({{ trim_text('last_writes.written_value') }}, '')
            <> {{ trim_text('marked.contact ->> marked.field') }}
    ),

    bad_rows as (
        select
            marks.contact_id,
            marks.field,
            marks.evidence
        from marks
        left join field_provenance
            on
                marks.contact_id = field_provenance.contact_id
                and marks.field = field_provenance.field
                and marks.evidence = field_provenance.evidence
        where {{ trim_text('marks.mark') }} is not null
        group by marks.contact_id, marks.field, marks.evidence
        having count(field_provenance.contact_id) <> 1
    )

    select * from bad_rows
{%- endmacro %}
