-- How many decisions people have taken that the plan does not know yet.
select
    (
        select count(*) from kajabi_ledger.decisions_taken
        where decided_at > (select planned_at from kajabi_guard.plan_summary)
    ) + (
        select count(*) from kajabi_ledger.settlements
        where settled_at > (select planned_at from kajabi_guard.plan_summary)
    ) as count_words
