-- When a person's word was recorded. It waits for a run in progress (begin_word.sql), and a transaction's
-- own time is that of its beginning: a mark set after a run would look older than the run, and be written over.
alter table kajabi_ledger.contact_field_sources alter column since set default statement_timestamp();
alter table kajabi_ledger.known_duplicates alter column recorded_at set default statement_timestamp();
alter table kajabi_ledger.duplicates_declared_none alter column declared_at set default statement_timestamp();
alter table kajabi_ledger.decisions_taken alter column decided_at set default statement_timestamp();
alter table kajabi_ledger.protections alter column recorded_at set default statement_timestamp();
alter table kajabi_ledger.settlements alter column settled_at set default statement_timestamp();
