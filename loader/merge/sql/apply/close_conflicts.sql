-- A conflict that a steward decided, or of which one side has moved, leaves the list.
delete from kajabi_ledger.open_conflicts as conflicts
where not exists (
    select from kajabi_guard.field_decisions as waiting
    where
        waiting.needs_review
        and waiting.is_open_conflict
        and waiting.contact_id = conflicts.contact_id
        and waiting.field = conflicts.field
)
