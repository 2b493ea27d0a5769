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
