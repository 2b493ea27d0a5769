-- How many days ago an export was loaded and the newest plan that stands was applied; nulls where there is none. An
-- undo applies nothing: after it, what is new in Kajabi is not here.
select
    (select extract(epoch from now() - max(loaded_at)) / 86400 from kajabi_raw.loads)::float8 as days_since_load,
    (
        select extract(epoch from now() - max(finished_at)) / 86400
        from kajabi_ledger.merge_runs where status = 'applied' and kind <> 'undo'
    )::float8 as days_since_apply
