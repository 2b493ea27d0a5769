{# Invariant: the seed `field_policies` names exactly the fields of the macro `managed_fields`, and calls those of
   `address_fields` an address.
   It guards the decisions: a field without a policy would be treated as an id to link, and nobody would be asked; a
   policy for a field that no model reads would be a promise that nothing keeps. #}
{% macro every_managed_field_has_a_policy() -%}
    with managed_fields (field) as (
        values {{ list_fields("('FIELD')") }}
    ),

    field_policies as (select * from {{ ref('field_policies') }}),

    judged as (
        select
            coalesce(managed_fields.field, field_policies.field) as field,
            field_policies.policy,
            field_policies.is_address,
            managed_fields.field is not null as is_managed,
            coalesce(managed_fields.field, field_policies.field) in ({{ list_fields("'FIELD'", address_fields()) }})
                as is_address_field
        from managed_fields
        full outer join field_policies on managed_fields.field = field_policies.field
    ),

    bad_rows as (
        select
            field,
            policy
        from judged
        where not is_managed or policy is null or (is_address is distinct from is_address_field)
    )

    select * from bad_rows
{%- endmacro %}
