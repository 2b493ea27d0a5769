-- One row per contact to write: the values that will stand, which rule wrote each, and the contact as the plan saw it.
with contact_writes as (select * from {{ ref('contact_writes') }} where is_in_plan),

merge_plan as (
    select
        -- ids
        action,
        contact_id,
        row_number,

        -- the values that will stand
        final_values ->> 'email' as email,
        final_values ->> 'first_name' as first_name,
        final_values ->> 'last_name' as last_name,
        final_values ->> 'phone' as phone,
        final_values ->> 'address_line_1' as address_line_1,
        final_values ->> 'address_line_2' as address_line_2,
        final_values ->> 'city' as city,
        final_values ->> 'state' as state,
        final_values ->> 'postal_code' as postal_code,
        final_values ->> 'country' as country,
        final_values ->> 'kajabi_id' as kajabi_id,
        final_values ->> 'kajabi_member_id' as kajabi_member_id,

        -- why, and on what ground
        field_rules,
        contact_as_seen
    from contact_writes
)

select * from merge_plan
