{# How dbt makes a table or a view here: everything in one message to the server, which is one transaction. dbt's own
   way is ten messages a model (a copy beside the old one, renames, grants that are read before they are given), and
   with some eighty models that was most of a plan's time: seconds here, minutes over a slow link. A message that fails
   leaves the old relation as it was. #}
{% materialization table, adapter='postgres' -%}
    {%- set made = make_intermediate_relation(this.incorporate(type='table')) -%}
    {%- call statement('main', auto_begin=false) -%}
        -- dbt's threads share the cores already; a query's own workers pay from some hundred thousand contacts on
        set local min_parallel_table_scan_size = '100MB';
        {{ get_create_table_as_sql(false, made, sql) }}
        {{ create_all(made, config.get('indexes', default=[])) }}
        -- PostgreSQL plans a join with a table that it knows nothing about as if it were small: hours at a million rows.
        -- A fifth of its usual sample is enough for that, and takes a fifth of the time: a tenth of a plan
        set local default_statistics_target = 20;
        analyze {{ made }};
        {{ grant_all(made, config.get('grants', default={})) }}
        {{ put_in_place(made, this) }}
        commit;
    {%- endcall -%}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}

{% materialization view, adapter='postgres' -%}
    {%- set made = make_intermediate_relation(this.incorporate(type='view')) -%}
    {%- call statement('main', auto_begin=false) -%}
        {{ get_create_view_as_sql(made, sql) }}
        {{ grant_all(made, config.get('grants', default={})) }}
        {{ put_in_place(made, this) }}
        commit;
    {%- endcall -%}
    {{ return({'relations': [this.incorporate(type='view')]}) }}
{%- endmaterialization %}

{# Drops what stands under the model's name, with the views that read it, which are made again after it; and gives the
   name to what was made. Two threads that drop the same views in two orders would lock each other out, so one waits
   for the other. #}
{% macro put_in_place(made, relation) -%}
    {%- set old = load_cached_relation(relation) -%}
    {%- if old is not none %}
    select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('{{ relation.schema }}'));
    drop {{ old.type }} if exists {{ old }} cascade;
    {%- endif %}
    alter {{ made.type }} {{ made }} rename to {{ adapter.quote(relation.identifier) }};
{%- endmacro %}

{# dbt's `indexes:`. #}
{% macro create_all(relation, indexes) -%}
    {%- for index in indexes -%} {{ get_create_index_sql(relation, index) }}; {% endfor -%}
{%- endmacro %}

{# dbt's `grants:`, given to a relation that nobody has been granted anything on yet. #}
{% macro grant_all(relation, grants) -%}
    {%- for privilege, grantees in grants.items() -%} {{ get_grant_sql(relation, privilege, grantees) }}; {% endfor -%}
{%- endmacro %}
