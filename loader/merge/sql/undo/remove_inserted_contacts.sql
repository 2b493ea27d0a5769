-- Remove what the run inserted, as far as nobody has touched it or points at it; the answer says it of each.
select
    outcomes.contact_id,
    contacts.email::text as email,
    -- blanked by `forget`: nobody can tell who it was
    case when written.written_value is null then 'erased' else outcomes.outcome end as outcome
from
    kajabi_ledger.remove_inserted_contacts(
        %(undoes_run)s,
        array(
            select changes.contact_id from kajabi_ledger.field_changes as changes
            where
                changes.run_id = %(undoes_run)s and changes.field = 'email' and changes.rule = 'new_contact'
                -- not whom an earlier undo of this run removed
                and not exists (
                    select from kajabi_ledger.merge_runs as before
                    inner join kajabi_ledger.field_changes as done on before.run_id = done.run_id
                    where
                        before.undoes_run = changes.run_id and before.status in ('applied', 'undone')
                        and (done.contact_id, done.field) = (changes.contact_id, 'email')
                )
        )
    ) as outcomes
inner join kajabi_ledger.field_changes as written
    on outcomes.contact_id = written.contact_id and written.run_id = %(undoes_run)s and written.field = 'email'
left join public.contacts as contacts on outcomes.contact_id = contacts.id
order by email, outcomes.contact_id
