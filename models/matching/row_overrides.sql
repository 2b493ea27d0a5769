{{ config(indexes=[{'columns': ['row_number'], 'unique': true}]) }}
-- One row per export row that a person settled: it holds until the row's id, email, name or phone changes.
-- A row of somebody who was erased here is as good as settled, until a person says otherwise.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

match_overrides as (select * from {{ ref('stg_ledger__match_overrides') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

erased_rows as (select row_number from {{ ref('stg_ledger__erased_rows') }}),

newest as (
    select distinct on (row_key) *
    from match_overrides
    order by row_key asc, settlement_id desc
),

settled_rows as (
    select
        exports.row_number,
        newest.verdict,
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

row_overrides as (
    select * from settled_rows
    union all
    select row_number, 'erased', null::uuid from erased_rows
    where row_number not in (select row_number from settled_rows)
)

select * from row_overrides
