-- One row per export row that carries the address which another row had in the last accepted export, once many do.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

accepted_rows as (select * from {{ ref('accepted_rows') }}),

last_accepted as (select * from {{ ref('stg_kajabi__last_accepted') }}),

moved as (
    select
        exports.row_number,
        exports.address_line_1,
        exports.city,
        exports.postal_code,
        last_accepted.row_number as base_row_number
    from exports
    inner join accepted_rows on exports.row_number = accepted_rows.row_number
    inner join last_accepted on accepted_rows.base_row_number = last_accepted.row_number
    where
        exports.address_line_1 is not null
        and (exports.address_line_1, exports.city, exports.postal_code)
        is distinct from (last_accepted.address_line_1, last_accepted.city, last_accepted.postal_code)
),

shifted as (
    select
        moved.row_number,
        count(*) over () as count_shifted
    from moved
    where exists (
        select from last_accepted
        where
            last_accepted.address_line_1 = moved.address_line_1
            and last_accepted.city is not distinct from moved.city
            and last_accepted.postal_code is not distinct from moved.postal_code
            and last_accepted.row_number <> moved.base_row_number
    )
),

guard_shifted_rows as (
    select row_number from shifted where count_shifted >= {{ var('shifted_rows_limit') }}
)

select * from guard_shifted_rows
