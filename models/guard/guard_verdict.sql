-- One row per expected guard: how many violations it found, and whether it lets the write go on.
with guards as (select * from {{ ref('guards') }}),

guard_verdict as (
    select
        guards.position,
        guards.guard,
        guards.passed_label as label,
        guards.is_overridable,
        answer.violations,
        -- a guard that did not answer did not pass
        coalesce(answer.violations = 0, false) as passed
    from guards
    -- `offset 0`: each guard is asked by itself, so that whoever reads a part of the verdict does not wait for the rest
    left join lateral (
        select findings.violations
        from {{ ref('guard_findings') }} as findings
        where findings.guard = guards.guard
        offset 0 -- noqa: AM09
    ) as answer on true
)

select * from guard_verdict order by position
