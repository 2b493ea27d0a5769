{# Invariant: the six fields of an address have one and the same policy.
   It guards the address as one unit. With mixed policies Kajabi's street would arrive without its city,
   and mail would go to an address that nobody has. #}
{% macro address_policies_agree() -%}
    with address_policies as (select * from {{ ref('field_policies') }} where is_address),

    bad_rows as (
        select
            min(policy) as one_policy,
            max(policy) as another_policy,
            count(*) as count_fields
        from address_policies
        having count(*) <> 6 or min(policy) <> max(policy)
    )

    select * from bad_rows
{%- endmacro %}
