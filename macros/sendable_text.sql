{# A value of ours as a file for Kajabi may say it: trimmed, and no placeholder such as N/A. Nothing else is changed. #}
{% macro sendable_text(value) -%}
    {{ without_placeholder(trim_text(value)) }}
{%- endmacro %}

{# A phone of ours that has digits. #}
{% macro sendable_phone(value) -%}
    case when {{ clean_phone(value) }} is not null then {{ sendable_text(value) }} end
{%- endmacro %}

{# Kajabi's importer wants one name. #}
{% macro full_name(first_name, last_name) -%}
    nullif(concat_ws(' ', {{ first_name }}, {{ last_name }}), '')
{%- endmacro %}
