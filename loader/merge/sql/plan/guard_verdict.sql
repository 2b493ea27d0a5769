-- Every guard that has not been asked in this transaction already, and what it found, live.
select guard, label, is_overridable, violations, passed
from kajabi_guard.guard_verdict
where not guard = any(%(asked)s)
order by position
