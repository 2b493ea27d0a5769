-- One row per planned address of which one part is written while another part of ours disagrees with Kajabi's.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'update'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

parts as (
    select
        merge_plan.contact_id,
        (part.final_value is distinct from merge_plan.contact_as_seen ->> part.field) as is_written,
        part.final_value <> part.kajabi_text
        and {{ comparable_text('part.final_value') }} <> {{ comparable_text('part.kajabi_text') }}
        and {{ without_placeholder('part.kajabi_text') }} is not null
        and not (
            part.field = 'address_line_2'
            and {{ is_malformed_line_2('part.kajabi_text', 'exports.address_line_1', 'exports.city') }}
        ) as is_disagreeing
    from merge_plan
    inner join exports on merge_plan.row_number = exports.row_number
    cross join lateral (
        {{ unpivot_fields(['merge_plan', 'exports'], address_fields()) }}
    ) as part (field, final_value, kajabi_text)
    where {{ trim_text('part.final_value') }} is not null
),

guard_mixed_addresses as (
    select contact_id
    from parts
    group by contact_id
    having bool_or(is_written) and bool_or(not is_written and is_disagreeing)
)

select * from guard_mixed_addresses
