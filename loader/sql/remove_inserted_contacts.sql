-- Remove what the run inserted, as far as nobody has touched it or points at it; the answer says it of each.
select
    outcomes.contact_id,
    contacts.email::text as email,
    outcomes.outcome
from
    kajabi_ledger.remove_inserted_contacts(
        %(undoes_run)s,
        array(
            select contact_id from kajabi_ledger.field_changes
            where run_id = %(undoes_run)s and field = 'email' and rule = 'new_contact'
        )
    ) as outcomes
left join public.contacts as contacts on outcomes.contact_id = contacts.id
order by email, outcomes.contact_id
