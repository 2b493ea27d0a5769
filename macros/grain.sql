{# dbt's own making of an index. A unique one is a model's grain, so none of its columns may be null either, but for
   those that the model names (`may_be_null`; `guard_broken_keys` looks at the rows with a null): a key that comes
   twice, or not at all, fails the model, and with it the plan. The name is PostgreSQL's own: dbt's has the time of
   day in it. #}
{% macro postgres__get_create_index_sql(relation, index_dict) -%}
    create {{ 'unique' if index_dict.unique }} index on {{ relation }} ({{ index_dict.columns | join(', ') }})
    {%- set parts = [] -%}
    {%- for column in index_dict.columns if column not in config.get('meta', {}).get('may_be_null', []) -%}
        {%- do parts.append('alter ' ~ column ~ ' set not null') -%}
    {%- endfor -%}
    {%- if index_dict.unique and parts %};
    -- all columns at once: each of these statements reads the whole table
    alter table {{ relation }} {{ parts | join(', ') }}
    {%- endif %}
{%- endmacro %}
