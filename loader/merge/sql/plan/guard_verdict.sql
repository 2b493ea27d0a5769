-- Every guard and what it found, live.
select guard, label, is_overridable, violations, passed from kajabi_guard.guard_verdict order by position
