-- Invariant: nobody is twice in a file for Kajabi, and no email is.
-- It guards what Kajabi does with a file: it matches by email, and a second row would overwrite the first.
-- These are views, which PostgreSQL gives no unique index, and no guard: they are made after the guards.
with kajabi_corrections as materialized (select contact_id, email_key from {{ ref('kajabi_corrections') }}),

kajabi_full_export as materialized (select contact_id, email_key from {{ ref('kajabi_full_export') }}),

kajabi_new_contacts as materialized (select contact_id, email_key from {{ ref('kajabi_new_contacts') }}),

bad_keys as (
    {{ bad_keys([
        (ref('correction_cells'), ['contact_id', 'field'], []),
        (ref('kajabi_by_hand'), ['contact_id', 'field'], []),
        ('kajabi_corrections', ['contact_id'], []),
        ('kajabi_corrections', ['email_key'], []),
        ('kajabi_full_export', ['contact_id'], []),
        ('kajabi_full_export', ['email_key'], []),
        ('kajabi_new_contacts', ['contact_id'], []),
        ('kajabi_new_contacts', ['email_key'], []),
        (ref('contact_records'), ['contact_id'], []),
        (ref('sendable_records'), ['contact_id'], [])
    ]) }}
)

select * from bad_keys
