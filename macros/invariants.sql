{# Rows that break a key: it comes twice, or a column of it is null that may not be. Without columns: a second row.
   `keys` is a list of (relation, columns, columns that may be null). Where a part may be null, the relation is a table
   with a unique index, and only the rows that an index does not hold are counted: those with a null in the key.
   In a unit test of dbt, a CTE of another name stands in for the relation. #}
{% macro bad_keys(keys) -%}
    {%- for relation, columns, nullable in keys -%}
        {%- set is_bad = ['count(*) > 1'] -%}
        {%- for column in columns if column not in nullable -%}
            {%- do is_bad.append(column ~ ' is null') -%}
        {%- endfor %}
        {{ 'union all' if not loop.first }}
        select
            '{{ (relation.identifier or relation) | replace('__dbt__cte__', '') }}' as relation,
            '{{ columns | join(', ') }}' as key_columns,
            count(*) as count_rows
        from {{ relation }}
        {{ 'where ' ~ nullable | join(' is null or ') ~ ' is null' if nullable }}
        {{ 'group by ' ~ columns | join(', ') if columns }}
        having {{ is_bad | join(' or ') }}
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

{# A row that names the invariant, where rows break it. `rows` is the query of its macro. #}
{% macro broken(invariant, rows) -%}
    select
        '{{ invariant }}' as invariant,
        count(*) as count_rows
    from (
        {{ rows }}
    ) as broken_rows
    having count(*) > 0
{%- endmacro %}
