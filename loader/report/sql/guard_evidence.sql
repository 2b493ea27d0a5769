-- The first violations of every guard, or (without a limit) all of them, with the email of the contact or export row
-- that they name.
with findings as (
    select 'guard_protected_values' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_protected_values as found
    union all
    select 'guard_blank_over_value' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_blank_over_value as found
    union all
    select 'guard_undecided_values' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_undecided_values as found
    union all
    select 'guard_ambiguous_matches' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_ambiguous_matches as found
    union all
    select 'guard_recreated_duplicates' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_recreated_duplicates as found
    union all
    select 'guard_stale_plan' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_stale_plan as found
    union all
    select 'guard_mixed_addresses' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_mixed_addresses as found
    union all
    select 'guard_export_shrank' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_export_shrank as found
    union all
    select 'guard_older_export' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_older_export as found
    union all
    select 'guard_unusual_volume' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_unusual_volume as found
    union all
    select 'guard_spreadsheet_damage' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_spreadsheet_damage as found
    union all
    select 'guard_shifted_rows' as guard, to_jsonb(found.*) as finding
    from kajabi_guard.guard_shifted_rows as found
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
