-- How far the contacts and Kajabi diverged when a plan was applied. Run by `kajabi-guard init` as the owner.
-- Null in the runs of before, and in refused ones: nobody counted then.
alter table kajabi_ledger.merge_runs
add column differences bigint,
add column values_kept bigint,
add column values_for_review bigint,
add column rows_held bigint;
