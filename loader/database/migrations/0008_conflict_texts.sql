-- A conflict remembers Kajabi's two texts as the exports had them, so that both are cleaned as today when they are
-- compared: a rule of cleaning that changes between versions must not look like a change in Kajabi.
-- Conflicts opened before this have the cleaned values only.
alter table kajabi_ledger.open_conflicts
add column incoming_text text,
add column base_text text;
