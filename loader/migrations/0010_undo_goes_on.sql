-- An undo that left something because it was in the way can go on later, as a run of its own.
-- Run by `kajabi-guard init` as the owner.

-- The undo that this one goes on with: both take back the same run, and a redo takes both back.
alter table kajabi_ledger.merge_runs
add column continues_run bigint references kajabi_ledger.merge_runs (run_id),
add constraint merge_runs_continues_undo check (continues_run is null or kind = 'undo');

-- a run is taken back once, and each undo is gone on with once: two people at the same time do not do it twice
drop index kajabi_ledger.merge_runs_undone_once;
create unique index merge_runs_undone_once on kajabi_ledger.merge_runs (undoes_run)
where status in ('applied', 'undone') and continues_run is null;
create unique index merge_runs_continued_once on kajabi_ledger.merge_runs (continues_run)
where status in ('applied', 'undone');
