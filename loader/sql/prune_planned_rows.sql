-- The copies of the plans of runs that ended long ago; what was written stays in field_changes. The newest applied run
-- keeps its copy: contacts that it inserted can still be found.
with pruned as (
    delete from kajabi_ledger.planned_rows
    where
        run_id in (
            select run_id from kajabi_ledger.merge_runs
            where
                finished_at < now() - make_interval(days => %(days)s)
                and run_id < (select max(run_id) from kajabi_ledger.merge_runs where status = 'applied')
        )
    returning run_id
)

select
    count(*) as count_rows,
    count(distinct run_id) as count_runs
from pruned
