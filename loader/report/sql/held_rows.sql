-- One row per export row that is quarantined.
select row_number, email, kajabi_id, hold_reason, label, settle_with, remedy
from kajabi_guard.quarantined_rows
order by hold_reason, row_number
