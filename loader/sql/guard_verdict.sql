-- Every guard and what it found, live.
select guard, label, violations, passed from kajabi_guard.guard_verdict order by position
