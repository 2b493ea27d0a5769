{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}]) }}
-- One row per contact whose address differs in any part: both addresses whole, as a person decides them, and what
-- taking Kajabi's would do. Nobody says yes to a part that was not before their eyes.
with field_decisions as (select * from {{ ref('field_decisions') }}),

three_way_cells as (select * from {{ ref('three_way_cells') }}),

field_policies as (select * from {{ ref('field_policies') }} where is_address),

parts as (
    select
        three_way_cells.contact_id,
        three_way_cells.field,
        field_policies.position,
        three_way_cells.our_text,
        three_way_cells.kajabi_value,
        coalesce(field_decisions.rule <> 'same', false) as is_different,
        coalesce(field_decisions.needs_review, false) as needs_review,
        -- a blank of Kajabi's empties line 2 and no other part (rule `decided_kajabi`)
        three_way_cells.kajabi_value is null and three_way_cells.our_text is not null as is_blank_in_kajabi,
        three_way_cells.field = 'address_line_2' as is_clearable
    from three_way_cells
    inner join field_policies on three_way_cells.field = field_policies.field
    left join field_decisions
        on
            three_way_cells.contact_id = field_decisions.contact_id
            and three_way_cells.field = field_decisions.field
),

weighed as (
    select
        *,
        case
            when is_blank_in_kajabi then is_clearable
            else (our_text is distinct from kajabi_value)
        end as is_replaced
    from parts
),

address_reviews as (
    select
        contact_id,
        string_agg(coalesce(our_text, '-'), ' | ' order by position) as our_address,
        string_agg(coalesce(kajabi_value, '-'), ' | ' order by position) as kajabi_address,
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

select * from address_reviews
