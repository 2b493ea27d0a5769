-- One row per person whose email in Kajabi is another one than ours. Reported, never written.
select
    kajabi_id,
    our_value as present_value,
    kajabi_value as incoming_value,
    baseline_value as base_value
from kajabi_guard.email_changes
order by our_value
