{# One row of measures of an export: how many rows, how many of them filled per column, its newest contact. #}
{% macro export_measures(exports) -%}
    select
        count(*) as count_rows,
        {{ list_fields('count(FIELD) as filled_FIELD') }},
        count(kajabi_id) as filled_kajabi_id,
        -- text on purpose: 2024-05-06 18:01:32 sorts as it reads, and an impossible date is no error
        max(left(kajabi_created_at, 19)) filter (where kajabi_created_at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}') as newest_created_at,
        -- a pattern that counts to 40 takes four times as long
        max(lpad(kajabi_id, 40, '0')) filter (where kajabi_id ~ '^[0-9]+$' and length(kajabi_id) <= 40) as highest_id
    from {{ exports }}
{%- endmacro %}
