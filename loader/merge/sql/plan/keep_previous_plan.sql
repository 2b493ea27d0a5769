-- Keep what the plan that stands would write, before it is rebuilt: the next report then says what differs.
-- A plan that writes nothing has one row without a cell.
drop table if exists kajabi_guard.previous_merge_plan;
create table kajabi_guard.previous_merge_plan as
select
    plan_summary.fingerprint,
    plan_summary.load_id,
    plan_summary.is_partial,
    cells.*
from kajabi_guard.plan_summary
left join kajabi_guard.planned_cells as cells on true
