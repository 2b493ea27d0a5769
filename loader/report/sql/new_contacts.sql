-- One row per contact that the plan inserts.
select
    email,
    first_name -- each field, by commas
from kajabi_guard.merge_plan
where action = 'insert'
order by row_number
