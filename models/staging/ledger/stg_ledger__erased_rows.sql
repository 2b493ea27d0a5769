{{ config(materialized='table', indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row of somebody who was erased here, by email or by Kajabi id.
-- The salt of the digests is read here and goes nowhere.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

erasures as (select * from {{ source('kajabi_ledger', 'erasures') }}),

erasure_salt as (select salt from {{ source('kajabi_ledger', 'erasure_salt') }}),

erased_keys as (select distinct unnest(key_digests) as key_digest from erasures),

stg_ledger__erased_rows as (
    select exports.row_number
    from exports
    cross join erasure_salt
    where
        -- a digest for every row of a large export takes seconds: not where nobody was erased
        exists (select from erasures)
        and (
            kajabi_ledger.key_digest(erasure_salt.salt, 'email', exports.email_key)
            in (select key_digest from erased_keys)
            or kajabi_ledger.key_digest(erasure_salt.salt, 'kajabi_id', exports.kajabi_id)
            in (select key_digest from erased_keys)
        )
)

select * from stg_ledger__erased_rows
