-- Tables in which the person can still be found.
select
    table_name,
    count_rows
from kajabi_ledger.tables_with_keys(%(emails)s::text[] || %(contact_ids)s::uuid[]::text[])
