-- The cells that only a person can empty in Kajabi; those that must be emptied before the import come first.
select
    email,
    field,
    kajabi_value,
    is_first
from kajabi_guard.kajabi_by_hand
order by is_first desc, email asc, field asc
