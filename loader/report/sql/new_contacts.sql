-- One row per contact that the plan inserts.
select
    email, first_name, last_name, phone, address_line_1, address_line_2, city, state, postal_code, country,
    kajabi_id, kajabi_member_id
from kajabi_guard.merge_plan
where action = 'insert'
order by row_number
