-- Whether a whole plan stands, and whether the one made before it was kept.
select
    to_regclass('kajabi_guard.guard_verdict') is not null
    and to_regclass('kajabi_guard.planned_cells') is not null as plan_stands,
    to_regclass('kajabi_guard.previous_merge_plan') is not null as has_previous
