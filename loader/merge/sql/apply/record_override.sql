-- A red guard that a person overrode for this run, and why.
insert into kajabi_ledger.guard_overrides (run_id, guard, violations, because)
values (%(run_id)s, %(guard)s, %(violations)s, %(because)s)
