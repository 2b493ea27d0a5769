-- One row per expected guard: how many violations it found, and whether it lets the write go on.
with guards as (select * from {{ ref('guards') }}),

violations as (select * from {{ ref('guard_findings') }}),

guard_verdict as (
    select
        guards.position,
        guards.guard,
        guards.passed_label as label,
        guards.is_overridable,
        violations.violations,
        -- a guard that did not answer did not pass
        coalesce(violations.violations = 0, false) as passed
    from guards
    left join violations on guards.guard = violations.guard
)

select * from guard_verdict order by position
