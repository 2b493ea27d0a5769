-- One row per export row that a person settled: it holds until the row's id, email, name or phone changes.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

settlements as (select * from {{ source('kajabi_ledger', 'settlements') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

newest as (
    select distinct on (row_key) *
    from settlements
    order by row_key asc, settlement_id desc
),

row_settlements as (
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
)

select * from row_settlements
