-- Take the verdict away before anything is rebuilt: a plan that is half made must not stand beside an old green
-- verdict.
drop view if exists kajabi_guard.guard_verdict
