-- The rows of the corrections, of the units that were asked for; those in which most is new to Kajabi come first, so
-- that the canary shows something.
with chosen as (
    select
        contact_id,
        email_key,
        email,
        case when 'name' = any(%(units)s) then name end as name,
        case when 'phone' = any(%(units)s) then phone end as phone,
        address_line_1,
        address_line_2,
        city,
        state,
        postal_code,
        country
    from kajabi_guard.kajabi_corrections
    where
        is_address_sent
        or (is_name_sent and 'name' = any(%(units)s))
        or (is_phone_sent and 'phone' = any(%(units)s))
),

changes as (
    select
        contact_id,
        count(*) as count_changes
    from kajabi_guard.correction_cells
    where unit = any(%(units)s)
    group by contact_id
)

select
    chosen.contact_id,
    chosen.email,
    chosen.name,
    chosen.phone,
    chosen.address_line_1,
    chosen.address_line_2,
    chosen.city,
    chosen.state,
    chosen.postal_code,
    chosen.country
from chosen
left join changes on chosen.contact_id = changes.contact_id
order by coalesce(changes.count_changes, 0) desc, chosen.email_key collate "C"
