{# Invariant: every record of the newest load is in `contact_matches` exactly once, and nothing else is.
   It guards staging and the whole matching, from the raw rows to the verdict matched, new or held.
   A join that loses a row would leave a person of Kajabi's unseen every week, without a line in any report;
   a join that doubles one would write it twice. #}
{% macro every_export_row_is_matched_once() -%}
    with loads as (select * from {{ source('kajabi_raw', 'loads') }} where newest_rank is not null),

    newest_load as (select load_id from loads order by newest_rank desc limit 1),

    raw_rows as not materialized (
        select contact_rows.row_number
        from {{ source('kajabi_raw', 'contact_rows') }} as contact_rows
        inner join newest_load on contact_rows.load_id = newest_load.load_id
    ),

    matches as not materialized (select * from {{ ref('contact_matches') }}),

    -- a row number comes once on either side, by the primary key and by the unique index of the model: where every
    -- match is of a raw row, as many matches as rows are one for each
    bad_rows as (
        select matches.row_number
        from matches
        where not exists (select from raw_rows where raw_rows.row_number = matches.row_number)
        union all
        select null
        where (select count(*) from raw_rows) <> (select count(*) from matches)
    )

    select * from bad_rows
{%- endmacro %}
