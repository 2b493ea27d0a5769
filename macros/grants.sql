{# dbt's own `grants:`, for the roles that this site has: most sites have none of them, and naming one is an error. #}
{% macro postgres__get_grant_sql(relation, privilege, grantees) -%}
    do $grants$
    declare
        grantee text;
    begin
        for grantee in
            select rolname from pg_catalog.pg_roles where rolname in ('{{ grantees | join("', '") }}')
        loop
            execute format('grant {{ privilege }} on %s to %I', '{{ relation.render() }}', grantee);
        end loop;
    end
    $grants$
{%- endmacro %}


{# A schema that dbt makes (that of `init` was dropped, or it is a comparison's) is closed in the same breath: a default
   privilege of the organisation would open it, and what is built in it, to everybody or to who is served to the net. #}
{% macro postgres__create_schema(relation) -%}
    {%- set schema_name = relation.without_identifier().include(database=False) -%}
    {%- call statement('create_schema') -%}
        create schema if not exists {{ schema_name }};
        do $close$
        declare
            grantee text;
        begin
            revoke all on schema {{ schema_name }} from public;
            for grantee in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
            loop
                execute format('revoke all on schema {{ schema_name }} from %I', grantee);
            end loop;
        end
        $close$
    {%- endcall -%}
{%- endmacro %}
