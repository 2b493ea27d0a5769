-- The first violations of every guard, or (without a limit) all of them, with the email of the contact or export row
-- that they name.
with findings as (
    select
        guards.guard,
        found.finding
    from kajabi_guard.guard_findings as guards
    cross join lateral jsonb_array_elements(guards.findings) as found (finding)
),

numbered as (
    select
        guard,
        finding,
        row_number() over (partition by guard order by finding) as number_of_finding
    from findings
),

named as (
    select
        numbered.guard,
        numbered.number_of_finding,
        coalesce(contacts.email, planned.email, exports.email) as email,
        numbered.finding ->> 'field' as field,
        (numbered.finding ->> 'row_number')::bigint as row_number,
        numbered.finding - 'contact_id' - 'field' - 'row_number' as details
    from numbered
    left join kajabi_guard.stg_crm__contacts as contacts on (numbered.finding ->> 'contact_id')::uuid = contacts.id
    left join kajabi_guard.merge_plan as planned on (numbered.finding ->> 'contact_id')::uuid = planned.contact_id
    left join kajabi_guard.stg_kajabi__contacts as exports
        on (numbered.finding ->> 'row_number')::bigint = exports.row_number
    where %(limit)s::bigint is null or numbered.number_of_finding <= %(limit)s
)

select
    guard,
    email,
    field,
    row_number,
    details
from named
order by guard, number_of_finding
