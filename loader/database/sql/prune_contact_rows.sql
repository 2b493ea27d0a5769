-- Rows stay for the newest load, the base, and some loads before them; what was loaded stays known in `loads`.
delete from kajabi_raw.contact_rows
where load_id not in (
    select load_id from kajabi_raw.loads
    where
        newest_rank = (select max(newest_rank) from kajabi_raw.loads)
        or base_rank = (select max(base_rank) from kajabi_raw.loads)
    union
    (select load_id from kajabi_raw.loads order by loaded_at desc, load_id desc limit %(kept_loads)s)
)
