-- The run that a client had begun when it lost the connection.
select
    run_id, updated_contacts, inserted_contacts, values_written, links_written, enriched_before, enriched_after,
    removed_contacts
from kajabi_ledger.merge_runs
where run_token = %(run_token)s and status = 'applied'
