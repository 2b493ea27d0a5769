-- One row per contact of another source that the old import would have relabelled as Kajabi's.
with old_import_matches as (select * from {{ ref('old_import_matches') }} where is_deciding),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

relabelled_contacts as (
    select
        contacts.id as contact_id,
        contacts.source_system
    from old_import_matches
    inner join contacts on old_import_matches.contact_id = contacts.id
    where contacts.source_system is distinct from 'kajabi'
)

select * from relabelled_contacts
