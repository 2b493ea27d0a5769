-- One row per contact with a Kajabi id that is not in the export any more. Reported, never deleted.
select email, kajabi_id, was_in_baseline as was_in_last_accepted
from kajabi_guard.vanished_contacts
order by email
