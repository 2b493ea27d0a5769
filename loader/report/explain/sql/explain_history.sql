-- One row per value that a run wrote on one contact, oldest first.
select
    changes.run_id,
    changes.field,
    changes.our_value as old_value,
    changes.written_value as new_value,
    changes.rule,
    coalesce(rules.label, 'inserted as a new contact') as label,
    runs.status as run_status,
    runs.finished_at as written_at,
    runs.done_by
from kajabi_ledger.field_changes as changes
inner join kajabi_ledger.merge_runs as runs on changes.run_id = runs.run_id
left join kajabi_guard.decision_rules as rules on changes.rule = rules.rule
where changes.contact_id = %(contact_id)s
order by changes.run_id, changes.field
