{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}, {'columns': ['email'], 'unique': true}]) }}
-- One row per contact to insert, with Kajabi's values cleaned as a fill would clean them.
with matches as (select * from {{ ref('contact_matches') }} where status = 'new'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

plan_inputs as (select * from {{ ref('plan_inputs') }}),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

cleaned as (
    select
        exports.row_number,
        exports.email_key,
        -- a site without these columns keeps no ids
        case
            when 'kajabi_id' = any(contact_columns.found) and {{ is_id('exports.kajabi_id') }} then exports.kajabi_id
        end as kajabi_id,
        case
            when 'kajabi_member_id' = any(contact_columns.found) and {{ is_id('exports.kajabi_member_id') }}
                then exports.kajabi_member_id
        end as kajabi_member_id,
        exports.country,
        each_field.field,
        case
            -- a field that this site does not have is never filled
            when not each_field.field = any(contact_columns.found) then null
            when
                each_field.field = 'address_line_2'
                and {{ is_malformed_line_2('exports.address_line_2', 'exports.address_line_1', 'exports.city') }}
                then null
            else {{ clean_text('each_field.kajabi_text', 'each_field.field') }}
        end as kajabi_value
    from matches
    inner join exports on matches.row_number = exports.row_number
    cross join contact_columns
    cross join lateral (
        {{ unpivot_fields(['exports']) }}
    ) as each_field (field, kajabi_text)
),

new_contacts as (
    select
        -- known before the write, so that the plan names it: the same export gives the same id in this database
        md5(plan_inputs.database_identity || plan_inputs.load_sha256 || cleaned.email_key)::uuid as contact_id,
        cleaned.row_number,
        cleaned.email_key as email,
        cleaned.kajabi_id,
        cleaned.kajabi_member_id,
        jsonb_object_agg(
            cleaned.field,
            case
                when {{ has_form('cleaned.kajabi_value', 'cleaned.field', 'cleaned.country') }}
                    then cleaned.kajabi_value
            end
        ) as field_values
    from cleaned
    cross join plan_inputs
    group by
        cleaned.row_number, cleaned.email_key, cleaned.kajabi_id, cleaned.kajabi_member_id,
        plan_inputs.database_identity, plan_inputs.load_sha256
)

select * from new_contacts
