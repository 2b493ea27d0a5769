{# Invariant: every record of the newest load is in `contact_matches` exactly once, and nothing else is.
   It guards staging and the whole matching, from the raw rows to the verdict matched, new or held.
   A join that loses a row would leave a person of Kajabi's unseen every week, without a line in any report;
   a join that doubles one would write it twice. #}
{% macro every_export_row_is_matched_once() -%}
    with loads as (select * from {{ source('kajabi_raw', 'loads') }} where newest_rank is not null),

    newest_load as (select load_id from loads order by newest_rank desc limit 1),

    raw_rows as (
        select contact_rows.row_number
        from {{ source('kajabi_raw', 'contact_rows') }} as contact_rows
        inner join newest_load on contact_rows.load_id = newest_load.load_id
    ),

    matches as (select * from {{ ref('contact_matches') }}),

    bad_rows as (
        select
            coalesce(raw_rows.row_number, matches.row_number) as row_number,
            count(raw_rows.row_number) as count_raw,
            count(matches.row_number) as count_matches
        from raw_rows
        full outer join matches on raw_rows.row_number = matches.row_number
        group by coalesce(raw_rows.row_number, matches.row_number)
        having count(raw_rows.row_number) <> 1 or count(matches.row_number) <> 1
    )

    select * from bad_rows
{%- endmacro %}
