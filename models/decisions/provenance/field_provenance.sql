{{ config(indexes=[{'columns': ['contact_id', 'field', 'evidence'], 'unique': true}]) }}
-- One row per difference and piece of evidence about who gave our value.
with field_differences as (select * from {{ ref('field_differences') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_policies as (select * from {{ ref('field_policies') }}),

field_sources as (select * from {{ ref('stg_ledger__field_sources') }}),

known_sources as (select * from {{ ref('stg_ledger__source_labels') }}),

evidence as (
    select
        field_differences.contact_id,
        field_differences.field,
        piece.*
    from field_differences
    inner join contacts on field_differences.contact_id = contacts.id
    inner join field_policies on field_differences.field = field_policies.field
    left join field_sources
        on
            field_differences.contact_id = field_sources.contact_id
            and field_differences.field = field_sources.field
    cross join lateral (
        values
        ('contact_field_sources', field_sources.source),
        ('phone_source', case when field_differences.field = 'phone' then contacts.phone_source end),
        ('billing_address_source', case when field_policies.is_address then contacts.billing_address_source end),
        (
            'paypal_value',
            -- a value that PayPal gave protects also where ours is blank or differs from it
            case
                when {{ trim_text("""case field_differences.field
                    when 'first_name' then contacts.paypal_first_name
                    when 'last_name' then contacts.paypal_last_name
                    when 'phone' then contacts.paypal_phone
                end""") }} is not null then 'paypal'
            end
        ),
        -- an edit made here without provenance: what we wrote once is not what stands now
        (
            'edited_here',
            case
                when
                    field_differences.is_written and field_differences.our_text is not null
                    and field_differences.written_value is distinct from field_differences.our_text
                    then 'manual'
            end
        ),
        ('source_system', contacts.source_system)
    ) as piece (evidence, source)
),

field_provenance as (
    select
        evidence.contact_id,
        evidence.field,
        evidence.evidence,
        known_sources.source_label,
        known_sources.provenance_class,
        known_sources.priority,
        known_sources.label
    from evidence
    inner join known_sources on lower({{ trim_text('evidence.source') }}) = known_sources.source_label
)

select * from field_provenance
