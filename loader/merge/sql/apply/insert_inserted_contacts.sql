-- How the contacts that this run inserted look right after it: an undo removes only what nobody has touched since.
insert into kajabi_ledger.inserted_contacts (run_id, contact_id, cell_digests)
select
    %(run_id)s,
    digests.contact_id,
    digests.cell_digests
from kajabi_ledger.cell_digests(array(
    select contact_id from kajabi_ledger.field_changes
    where run_id = %(run_id)s and field = 'email' and rule = 'new_contact'
)) as digests
