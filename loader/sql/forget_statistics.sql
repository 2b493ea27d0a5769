-- PostgreSQL keeps samples of the values of a column for its planner: made again, without this person.
analyze kajabi_raw.contact_rows, kajabi_ledger.planned_rows, kajabi_ledger.field_changes,
kajabi_ledger.contact_field_sources, kajabi_ledger.open_conflicts, kajabi_ledger.decisions_taken,
kajabi_ledger.protections, kajabi_ledger.settlements, kajabi_ledger.known_duplicates, kajabi_ledger.merge_runs
