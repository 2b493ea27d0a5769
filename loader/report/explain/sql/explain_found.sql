-- One row per contact or export row to which an email or a Kajabi id leads, by the keys with which exports are matched.
-- `is_meant`: the first kind of key that leads to a contact decides, as in the matching.
with asked as (select kajabi_ledger.clean_email(%(asked)s) as key_value),

asked_rows as (
    select exports.row_number
    from kajabi_guard.stg_kajabi__contacts as exports
    inner join asked on asked.key_value in (exports.email_key, lower(exports.kajabi_id))
),

found as (
    select
        contact_keys.key_name as found_as,
        contact_keys.key_order::numeric as found_order,
        contact_keys.contact_id,
        null::bigint as row_number
    from kajabi_guard.contact_keys
    inner join asked on lower(contact_keys.key_value) = asked.key_value
    union all
    -- the export knows this email or id, and its row was matched by another key
    select 'export_row', 2.5, matches.contact_id, matches.row_number
    from kajabi_guard.contact_matches as matches
    inner join asked_rows on matches.row_number = asked_rows.row_number
    where matches.status = 'matched'
    union all
    select 'export_row', 9, null, asked_rows.row_number from asked_rows
    union all
    -- merged since the plan was made: the next one knows it
    select 'merged_since', 6, duplicates.survivor_contact_id, null
    from kajabi_ledger.merged_contacts as duplicates
    inner join asked on asked.key_value in (duplicates.old_email, lower(duplicates.old_kajabi_id))
    inner join kajabi_guard.stg_crm__contacts as survivors on duplicates.survivor_contact_id = survivors.id
    where duplicates.recorded_at > (select planned_at from kajabi_guard.plan_summary) and not survivors.is_deleted
    union all
    -- who came after the plan, and whom no picture shows any more: written to under this email once
    select 'contact_after_plan', 7, arrived.contact_id, null
    from kajabi_ledger.contacts_with_email(array[(select key_value from asked)]) as arrived
    union all
    select 'ledger', 8, planned_rows.contact_id, null
    from kajabi_ledger.planned_rows
    inner join asked on kajabi_ledger.clean_email(planned_rows.email) = asked.key_value
)

select
    found_as,
    contact_id,
    row_number,
    contact_id is not null
    and found_order = min(found_order) filter (where contact_id is not null) over () as is_meant
from found
group by found_as, found_order, contact_id, row_number
order by found_order, contact_id, row_number
