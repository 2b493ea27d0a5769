-- One row per export row, contact and key that pairs them: every candidate, in the order in which keys decide.
with candidates as (
    select row_number, contact_id, key_name, key_order, is_deleted
    from kajabi_guard.match_candidates
    union all
    select row_number, contact_id, 'phone_and_name', 5, false
    from kajabi_guard.possible_duplicates
    union all
    select matches.row_number, matches.contact_id, 'settled', 0, false
    from kajabi_guard.contact_matches as matches
    where matches.matched_by = 'settled' and matches.status = 'matched'
)

select
    candidates.row_number,
    candidates.contact_id,
    contacts.email,
    nullif(concat_ws(' ', contacts.first_name, contacts.last_name), '') as full_name,
    candidates.key_name,
    candidates.key_order = min(candidates.key_order) over (partition by candidates.row_number) as is_deciding,
    candidates.is_deleted
from candidates
left join kajabi_guard.stg_crm__contacts as contacts on candidates.contact_id = contacts.id
where candidates.row_number = any(%(row_numbers)s)
order by candidates.row_number, candidates.key_order, contacts.email
