{# Counts what a table holds, once it is built: without it PostgreSQL plans every join as if the table were small.
   A view has nothing to count. #}
{% macro analyze_table() -%}
    {%- if model.config.materialized == 'table' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
