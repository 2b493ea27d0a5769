{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}]) }}
-- One row per contact at risk: what the old import would have done to it, value by value.
with old_import_values as (select * from {{ ref('old_import_values') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_policies as (select * from {{ ref('field_policies') }}),

import_impact as (
    select
        contacts.id as contact_id,
        contacts.email,
        count(*) as count_values,
        bool_or(old_import_values.is_enriched) as is_enriched,
        {{ trim_text('contacts.paypal_email') }} is not null as is_linked_to_paypal,
        {{ trim_text('contacts.zoho_id') }} is not null as is_linked_to_zoho,
        string_agg(old_import_values.field, ', ' order by field_policies.position) as fields,
        jsonb_agg(
            jsonb_build_object(
                'field', old_import_values.field,
                'ours', old_import_values.our_value,
                'old_import', old_import_values.old_import_value
            ) order by field_policies.position
        ) as value_changes
    from old_import_values
    inner join contacts on old_import_values.contact_id = contacts.id
    inner join field_policies on old_import_values.field = field_policies.field
    group by contacts.id, contacts.email, contacts.paypal_email, contacts.zoho_id
)

select * from import_impact
