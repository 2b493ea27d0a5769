{# Rows that break a key: it comes twice, or a column of it is null that may not be. Without columns: a second row. #}
{% macro bad_keys(relation, columns, nullable='') -%}
    {%- set columns = columns.split() -%}
    select
        '{{ relation.identifier or relation }}' as relation,
        '{{ columns | join(', ') }}' as key_columns,
        count(*) as count_rows
    from {{ relation }}
    {{ 'group by ' ~ columns | join(', ') if columns }}
    having
        count(*) > 1
        {%- for column in columns if column not in nullable.split() %}
        or {{ column }} is null
        {%- endfor %}
{%- endmacro %}

{# Rows with a code in this column that is none of `known`. Null is no code. #}
{% macro unknown_codes(relation, column, known) -%}
    select
        '{{ relation.identifier }}' as relation,
        '{{ column }}' as column_name,
        {{ column }}::text as code
    from {{ relation }}
    where {{ column }}::text not in ('{{ known.split() | join("', '") }}')
{%- endmacro %}
