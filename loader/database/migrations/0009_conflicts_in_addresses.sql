-- A conflict in an address remembers whether all six parts of ours were what Kajabi had given when it was opened.
-- Its own base does not move on, that of the other parts does: without this, an address that was kept because one part
-- is ours would be followed a week later, once Kajabi has repeated that part.
-- Unknown for conflicts opened before this: those addresses wait for a person.
alter table kajabi_ledger.open_conflicts
add column was_address_given boolean;
