-- The load that plans are made from.
select load_id, file_name, row_count, loaded_at
from kajabi_raw.loads
where newest_rank is not null
order by newest_rank desc
limit 1
