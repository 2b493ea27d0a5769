-- The person's keys in what is said about somebody else: in reasons, refusals and file names.
select
    table_name,
    count_rows
from kajabi_ledger.clean_texts(%(emails)s::text[] || %(contact_ids)s::uuid[]::text[], %(kajabi_ids)s::text[])
