{# How dbt makes a table or a view here: everything in one message to the server, which is one transaction. dbt's own
   way is ten messages a model (a copy beside the old one, renames, grants that are read before they are given), and
   with some eighty models that was most of a plan's time: seconds here, minutes over a slow link. A message that fails
   leaves the old relation as it was. #}
{% materialization table, adapter='postgres' -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- call statement('main', auto_begin=false) -%}
        {{ drop_old(this) }}
        {{ get_create_table_as_sql(false, relation, sql) }}
        {{ create_all(relation, config.get('indexes', default=[])) }}
        -- PostgreSQL plans a join with a table that it knows nothing about as if it were small: hours at a million rows.
        -- A fifth of its usual sample is enough for that, and takes a fifth of the time: a tenth of a plan
        set local default_statistics_target = 20;
        analyze {{ relation }};
        {{ grant_all(relation, config.get('grants', default={})) }}
        commit;
    {%- endcall -%}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}

{% materialization view, adapter='postgres' -%}
    {%- set relation = this.incorporate(type='view') -%}
    {%- call statement('main', auto_begin=false) -%}
        {{ drop_old(this) }}
        {{ get_create_view_as_sql(relation, sql) }}
        {{ grant_all(relation, config.get('grants', default={})) }}
        commit;
    {%- endcall -%}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}

{# Drops what stands under this name, with the views that read it: they are made again after it. #}
{% macro drop_old(relation) -%}
    {%- set old = load_cached_relation(relation) -%}
    {%- if old is not none %} drop {{ old.type }} if exists {{ old }} cascade; {% endif -%}
{%- endmacro %}

{# dbt's `indexes:`. #}
{% macro create_all(relation, indexes) -%}
    {%- for index in indexes -%} {{ get_create_index_sql(relation, index) }}; {% endfor -%}
{%- endmacro %}

{# dbt's `grants:`, given to a relation that nobody has been granted anything on yet. #}
{% macro grant_all(relation, grants) -%}
    {%- for privilege, grantees in grants.items() -%} {{ get_grant_sql(relation, privilege, grantees) }}; {% endfor -%}
{%- endmacro %}
