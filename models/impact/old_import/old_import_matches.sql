{{ config(indexes=[{'columns': ['row_number', 'contact_id'], 'unique': true}]) }}
-- One row per export row whose email is that of a contact: the matching of the old import, which knew no other key.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

old_import_matches as (
    select
        exports.row_number,
        contacts.id as contact_id,
        row_number() over (
            partition by contacts.id
            order by
                coalesce(exports.kajabi_id = {{ trim_text('contacts.kajabi_id') }}, false) desc,
                length(exports.kajabi_id), exports.kajabi_id collate "C", exports.row_number
        ) = 1 as is_deciding
    from exports
    inner join contacts on exports.email_key = {{ clean_email('contacts.email') }}
)

select * from old_import_matches
