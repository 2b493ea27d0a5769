-- A row that was matched by a merged email shows under which Kajabi id that person is kept there: it is noted, so that
-- they are still known when their email changes in Kajabi. An id that leads somewhere already is left as it is.
with free_ids as (
    select
        exports.kajabi_id,
        -- one id on two emails is noted for one of them: an id leads to one survivor
        min(exports.email_key) as email_key
    from kajabi_guard.contact_matches as matches
    inner join kajabi_guard.stg_kajabi__contacts as exports on matches.row_number = exports.row_number
    left join kajabi_ledger.merged_contacts as others on exports.kajabi_id = others.old_kajabi_id
    left join kajabi_guard.stg_crm__contacts as contacts
        on exports.kajabi_id = kajabi_ledger.trim_text(contacts.kajabi_id)
    where
        matches.matched_by = 'merged_email'
        and exports.kajabi_id is not null
        and others.merged_contact_id is null
        and contacts.id is null
    group by exports.kajabi_id
),

shown as (
    select
        email_key,
        min(kajabi_id) as kajabi_id
    from free_ids
    group by email_key
)

update kajabi_ledger.merged_contacts as duplicates
set old_kajabi_id = shown.kajabi_id
from shown
where duplicates.old_email = shown.email_key and duplicates.old_kajabi_id is null
