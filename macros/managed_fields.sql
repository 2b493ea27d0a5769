{# The fields that an import may write. The seed `field_policies` says what may be done with each. A macro cannot
   read a seed while dbt parses, so `assert_every_managed_field_has_a_policy` holds that the two name the same. #}
{% macro managed_fields() -%}
    first_name last_name phone address_line_1 address_line_2 city state postal_code country
{%- endmacro %}

{# Those of them that are decided as one unit. #}
{% macro address_fields() -%}
    address_line_1 address_line_2 city state postal_code country
{%- endmacro %}

{# Those of them that Kajabi's importer has a column for; it wants the two names as one. #}
{% macro file_fields() -%}
    first_name last_name phone {{ address_fields() }}
{%- endmacro %}

{# What a plan may write on a contact that is here: the managed fields, and the ids by which Kajabi knows the person. #}
{% macro planned_fields() -%}
    {{ managed_fields() }} kajabi_id kajabi_member_id
{%- endmacro %}

{# One row per field: its name, and its value in each of the relations. #}
{% macro unpivot_fields(relations, fields=none) -%}
    values
    {%- for field in (fields or managed_fields()).split() %}
    ('{{ field }}'{% for relation in relations %}, {{ relation }}.{{ field }}{% endfor %}){{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# True where `condition` holds for any of the fields, each in the place of FIELD. #}
{% macro any_field(condition, fields=none) -%}
    (
    {%- for field in (fields or managed_fields()).split() %}
        {{ 'or ' if not loop.first }}{{ condition | replace('FIELD', field) }}
    {%- endfor %}
    )
{%- endmacro %}

{# `expression` once per field, each in the place of FIELD: for a select list, or the arguments of a function. #}
{% macro list_fields(expression, fields=none, without='') -%}
    {%- for field in (fields or managed_fields()).split() if field != without -%}
        {{ expression | replace('FIELD', field) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
