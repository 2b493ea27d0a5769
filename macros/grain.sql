{# dbt's own making of an index. A unique one is a model's grain, so none of its columns may be null either: a key that
   comes twice, or not at all, fails the model, and with it the plan. The name is PostgreSQL's own: dbt's has the time of
   day in it. #}
{% macro postgres__get_create_index_sql(relation, index_dict) -%}
    create {{ 'unique' if index_dict.unique }} index on {{ relation }} ({{ index_dict.columns | join(', ') }})
    {%- if index_dict.unique %};
    alter table {{ relation }} alter {{ index_dict.columns | join(' set not null, alter ') }} set not null
    {%- endif %}
{%- endmacro %}
