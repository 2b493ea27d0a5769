-- How many days ago an export was loaded and a plan applied; nulls where that never happened.
select
    (select extract(epoch from now() - max(loaded_at)) / 86400 from kajabi_raw.loads)::float8 as days_since_load,
    (
        select extract(epoch from now() - max(finished_at)) / 86400
        from kajabi_ledger.merge_runs where status = 'applied'
    )::float8 as days_since_apply
