-- What the plan is now: from the newest load, the live policy, the columns found and the copied rows. No stored hash.
select
    kajabi_ledger.plan_fingerprint(
        (select to_jsonb(plan_inputs) from kajabi_guard.plan_inputs),
        (
            select array_agg(to_jsonb(planned_rows) - 'run_id')
            from kajabi_ledger.planned_rows
            where planned_rows.run_id = %(run_id)s
        )
    ) as fingerprint
