-- A conflict that a person decided, or of which one side has moved, leaves the list.
delete from kajabi_ledger.open_conflicts as conflicts
where not exists (
    select from kajabi_guard.field_decisions as waiting
    where
        waiting.needs_review
        and waiting.contact_id = conflicts.contact_id
        and waiting.field = conflicts.field
        and waiting.incoming_value is not distinct from conflicts.incoming_value
        and waiting.present_value is not distinct from conflicts.present_value
)
