-- One row per export row that carries the address which another row had in the baseline, once many do.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

moved as (
    select
        exports.row_number,
        exports.address_line_1,
        exports.city,
        exports.postal_code,
        baseline.row_number as baseline_row_number
    from exports
    inner join baseline_rows on exports.row_number = baseline_rows.row_number
    inner join baseline on baseline_rows.baseline_row_number = baseline.row_number
    where
        exports.address_line_1 is not null
        and (exports.address_line_1, exports.city, exports.postal_code)
        is distinct from (baseline.address_line_1, baseline.city, baseline.postal_code)
),

shifted as (
    select
        moved.row_number,
        count(*) over () as count_shifted
    from moved
    where exists (
        select from baseline
        where
            baseline.address_line_1 = moved.address_line_1
            and baseline.city is not distinct from moved.city
            and baseline.postal_code is not distinct from moved.postal_code
            and baseline.row_number <> moved.baseline_row_number
    )
),

guard_shifted_rows as (
    select row_number from shifted where count_shifted >= {{ var('shifted_rows_limit') }}
)

select * from guard_shifted_rows
