-- One row per person whose email in Kajabi is another one than ours. Reported, never written.
select kajabi_id, present_value, incoming_value, base_value from kajabi_guard.email_changes order by present_value
