-- Rows about this person in the tables that have no statement of their own.
select
    table_name,
    count_rows
from kajabi_ledger.erase_elsewhere(%(contact_ids)s::uuid[], %(known_tables)s::text[])
