-- One row per contact whose address differs in any part: both addresses whole, as a person decides them, and what
-- taking Kajabi's would do. Nobody says yes to a part that was not before their eyes.
with field_decisions as (select * from {{ ref('field_decisions') }}),

compared_cells as (select * from {{ ref('compared_cells') }}),

field_policies as (select * from {{ ref('field_policies') }} where is_address),

parts as (
    select
        compared_cells.contact_id,
        compared_cells.field,
        field_policies.position,
        compared_cells.present_text,
        compared_cells.incoming_value,
        coalesce(field_decisions.rule <> 'same', false) as is_different,
        coalesce(field_decisions.needs_review, false) as needs_review,
        -- a blank of Kajabi's empties line 2 and no other part (rule `decided_kajabi`)
        compared_cells.incoming_value is null and compared_cells.present_text is not null as is_blank_in_kajabi,
        compared_cells.field = 'address_line_2' as is_clearable
    from compared_cells
    inner join field_policies on compared_cells.field = field_policies.field
    left join field_decisions
        on
            compared_cells.contact_id = field_decisions.contact_id
            and compared_cells.field = field_decisions.field
),

weighed as (
    select
        *,
        case
            when is_blank_in_kajabi then is_clearable
            else (present_text is distinct from incoming_value)
        end as is_replaced
    from parts
),

whole_addresses as (
    select
        contact_id,
        string_agg(coalesce(present_text, '-'), ' | ' order by position) as present_address,
        string_agg(coalesce(incoming_value, '-'), ' | ' order by position) as incoming_address,
        count(*) filter (where is_replaced) as count_replaced,
        -- one part alone, seen by itself, is the whole question
        count(*) filter (where is_replaced or needs_review) = 1 as is_one_part,
        string_agg(replace(field, '_', ' '), ', ' order by position)
        filter (where is_blank_in_kajabi and is_clearable) as emptied_parts,
        string_agg(replace(field, '_', ' '), ', ' order by position)
        filter (where is_blank_in_kajabi and not is_clearable) as staying_parts
    from weighed
    group by contact_id
    having bool_or(is_different)
)

select * from whole_addresses
