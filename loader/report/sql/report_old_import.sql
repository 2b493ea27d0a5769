-- What the old import would have overwritten, field by field.
select field, count(*) as count_values
from kajabi_guard.old_import_values
group by field
order by count(*) desc, field
