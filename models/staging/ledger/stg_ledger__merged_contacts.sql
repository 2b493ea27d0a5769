-- One row per email or Kajabi id that was merged away, and the contact that survived then.
with merged_contacts as (select * from {{ source('kajabi_ledger', 'merged_contacts') }}),

stg_ledger__merged_contacts as (
    select
        merged_contact_id,
        old_email,
        old_kajabi_id,
        survivor_contact_id,
        survivor_email
    from merged_contacts
)

select * from stg_ledger__merged_contacts
