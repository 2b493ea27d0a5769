{{ config(materialized='view') }}
-- One row per load, which is one export file.
with loads as (select * from {{ source('kajabi_raw', 'loads') }}),

stg_kajabi__loads as (
    select
        load_id,
        sha256,
        encoding,
        newest_rank,
        baseline_rank
    from loads
)

select * from stg_kajabi__loads
