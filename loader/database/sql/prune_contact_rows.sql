-- Rows stay for the newest load, the baseline, and some loads before them; what was loaded stays known in `loads`.
-- Which loads still have rows is asked of the primary key: the rows that stay are not read.
delete from kajabi_raw.contact_rows
where load_id in (
    select load_id from kajabi_raw.loads
    where
        exists (select from kajabi_raw.contact_rows where contact_rows.load_id = loads.load_id)
        and load_id not in (
            select load_id from kajabi_raw.loads
            where
                newest_rank = (select max(newest_rank) from kajabi_raw.loads)
                or baseline_rank = (select max(baseline_rank) from kajabi_raw.loads)
            union
            (select load_id from kajabi_raw.loads order by loaded_at desc, load_id desc limit %(kept_loads)s)
        )
)
