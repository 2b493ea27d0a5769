-- The load of an identical file: same bytes, read in the same way; and whether its rows are still kept.
select
    loads.load_id,
    loads.loaded_at,
    loads.row_count,
    loads.newest_rank is not null
    and loads.newest_rank = (select max(newest_rank) from kajabi_raw.loads) as is_newest,
    exists(select from kajabi_raw.contact_rows where contact_rows.load_id = loads.load_id) as has_rows
from kajabi_raw.loads
where sha256 = %(sha256)s and encoding = %(encoding)s and columns_version = %(columns_version)s
