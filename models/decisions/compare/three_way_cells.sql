-- One row per differing contact and field: ours, Kajabi's now, and Kajabi's in the last accepted export, cleaned alike.
with differing_contacts as (select * from {{ ref('differing_contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

contact_columns as (select * from {{ ref('stg_crm__columns') }}),

-- with a base, what is new in Kajabi is new for everybody: for people whom the base does not know as well
base as (select count(*) > 0 as is_known from baseline),

three_way_cells as (
    select
        differing_contacts.contact_id,
        differing_contacts.row_number,
        each_field.field,
        each_field.present_value,
        {{ trim_text('each_field.present_value') }} as present_text,
        each_field.incoming_text,
        {{ clean_text('each_field.incoming_text', 'each_field.field') }} as incoming_value,
        each_field.base_text,
        {{ clean_text('each_field.base_text', 'each_field.field') }} as base_value,
        base.is_known as is_in_base,
        each_field.field = 'address_line_2'
        and {{ is_malformed_line_2('each_field.incoming_text', 'exports.address_line_1', 'exports.city') }}
            as is_malformed_line_2
    from differing_contacts
    inner join exports on differing_contacts.row_number = exports.row_number
    inner join contacts on differing_contacts.contact_id = contacts.id
    cross join base
    left join baseline_rows on differing_contacts.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.base_row_number = baseline.row_number
    cross join lateral (
        values
        ('first_name', contacts.first_name, exports.first_name, baseline.first_name),
        ('last_name', contacts.last_name, exports.last_name, baseline.last_name),
        ('phone', contacts.phone, exports.phone, baseline.phone),
        ('address_line_1', contacts.address_line_1, exports.address_line_1, baseline.address_line_1),
        ('address_line_2', contacts.address_line_2, exports.address_line_2, baseline.address_line_2),
        ('city', contacts.city, exports.city, baseline.city),
        ('state', contacts.state, exports.state, baseline.state),
        ('postal_code', contacts.postal_code, exports.postal_code, baseline.postal_code),
        ('country', contacts.country, exports.country, baseline.country),
        ('kajabi_id', contacts.kajabi_id, exports.kajabi_id, baseline.kajabi_id),
        ('kajabi_member_id', contacts.kajabi_member_id, exports.kajabi_member_id, baseline.kajabi_member_id)
    ) as each_field (field, present_value, incoming_text, base_text)
    -- a site without kajabi_id has nothing to link
    inner join contact_columns on each_field.field = contact_columns.column_name
)

select * from three_way_cells
