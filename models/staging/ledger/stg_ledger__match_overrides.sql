{{ config(materialized='table', indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row whose match a steward has overridden: it holds until its id, email, name or phone changes.
-- A row of somebody who was erased here is set aside as `erased`, until a steward says otherwise.
with match_overrides as (select * from {{ source('kajabi_ledger', 'match_overrides') }}),

erasures as (select * from {{ source('kajabi_ledger', 'erasures') }}),

-- the salt of the digests is read here and goes nowhere
erasure_salt as (select salt from {{ source('kajabi_ledger', 'erasure_salt') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

newest as (
    select distinct on (row_key) *
    from match_overrides
    order by row_key asc, match_override_id desc
),

overridden_rows as (
    select
        exports.row_number,
        newest.decision,
        newest.contact_id
    from exports
    inner join newest
        on newest.row_key = kajabi_ledger.row_key(
            exports.kajabi_id, exports.email_key, exports.first_name, exports.last_name, exports.phone
        )
    left join contacts on newest.contact_id = contacts.id
    -- a contact that is gone settles nothing any more
    where newest.contact_id is null or not contacts.is_deleted
),

erased_keys as (select distinct unnest(key_digests) as key_digest from erasures),

erased_rows as (
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
),

stg_ledger__match_overrides as (
    select * from overridden_rows
    union all
    select row_number, 'erased', null::uuid from erased_rows
    where row_number not in (select row_number from overridden_rows)
)

select * from stg_ledger__match_overrides
