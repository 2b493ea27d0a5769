-- One row per email or Kajabi id that was merged away, and the contact that survived then.
with known_duplicates as (select * from {{ source('kajabi_ledger', 'known_duplicates') }}),

stg_ledger__merged_contacts as (
    select
        duplicate_id,
        old_email,
        old_kajabi_id,
        survivor_contact_id,
        survivor_email
    from known_duplicates
)

select * from stg_ledger__merged_contacts
