-- Invariant: every guard of the seed `guards` answered exactly once, and found nothing.
-- It guards the write: `plan` ends with exit code 3 when this test is red.
-- Without it a guard that is listed but never asked, or asked and red, would look like a healthy plan.
-- It proves the grain of `guard_verdict` as well: asking all guards once more for that would cost seconds.
with guards as (select * from {{ ref('guards') }}),

guard_verdict as (select * from {{ ref('guard_verdict') }}),

bad_rows as (
    select
        coalesce(guards.guard, guard_verdict.guard) as guard,
        max(guard_verdict.violations) as violations
    from guards
    full outer join guard_verdict on guards.guard = guard_verdict.guard
    group by coalesce(guards.guard, guard_verdict.guard)
    having count(*) > 1 or bool_or(guards.guard is null or guard_verdict.passed is not true)
)

select * from bad_rows
