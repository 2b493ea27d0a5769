-- Our side of these cells has moved, so what waited there is over; a removed contact waits for nobody.
delete from kajabi_ledger.open_conflicts as conflicts
where exists (
    select from kajabi_ledger.field_changes as changes
    where
        changes.run_id = %(run_id)s
        and changes.contact_id = conflicts.contact_id
        and changes.field in (conflicts.field, 'email')
)
