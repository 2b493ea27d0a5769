-- One row per value, and per new contact, that this plan and the one made before it do not write alike.
with previous as (select * from kajabi_guard.previous_merge_plan where person_key is not null)

select
    case
        when previous.person_key is null then 'added'
        when planned.person_key is null then 'gone'
        else 'changed'
    end as change,
    coalesce(planned.email, previous.email) as email,
    coalesce(planned.field, previous.field) as field,
    coalesce(planned.our_value, previous.our_value) as present_value,
    previous.final_value as value_before,
    planned.final_value as value_now,
    coalesce(planned.rule, previous.rule) as rule
from kajabi_guard.planned_cells as planned
full join previous on planned.person_key = previous.person_key and planned.field = previous.field
where
    (planned.person_key, planned.our_value, planned.final_value, planned.rule)
    is distinct from (previous.person_key, previous.our_value, previous.final_value, previous.rule)
order by change, email, field
