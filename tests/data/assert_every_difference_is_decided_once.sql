-- Invariant: every value of Kajabi's that is not ours, trimmed, is in `field_decisions` exactly once, with our value as
-- the picture has it; and nothing is decided that does not differ, except what Kajabi cleared since the base.
-- It guards the short cut of the decisions, which compares wide rows first and unpivots only the few that differ.
-- A field forgotten there would never be filled, reviewed or reported, and no count would show it.
-- So the differences are found here a second time, field by field, for every matched contact.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

contact_columns as (select * from {{ ref('stg_crm__columns') }}),

field_decisions as (select * from {{ ref('field_decisions') }}),

every_difference as (
    select
        matches.contact_id,
        each_field.field,
        each_field.ours
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    cross join lateral (
        values
        ('first_name', contacts.first_name, exports.first_name),
        ('last_name', contacts.last_name, exports.last_name),
        ('phone', contacts.phone, exports.phone),
        ('address_line_1', contacts.address_line_1, exports.address_line_1),
        ('address_line_2', contacts.address_line_2, exports.address_line_2),
        ('city', contacts.city, exports.city),
        ('state', contacts.state, exports.state),
        ('postal_code', contacts.postal_code, exports.postal_code),
        ('country', contacts.country, exports.country),
        ('kajabi_id', contacts.kajabi_id, exports.kajabi_id),
        ('kajabi_member_id', contacts.kajabi_member_id, exports.kajabi_member_id)
    ) as each_field (field, ours, theirs)
    where
        each_field.theirs is not null
        and each_field.theirs is distinct from {{ trim_text('each_field.ours') }}
),

-- a site without a column has nothing to decide about it
differences as (
    select every_difference.*
    from every_difference
    inner join contact_columns on every_difference.field = contact_columns.column_name
),

bad_rows as (
    select
        coalesce(differences.contact_id, field_decisions.contact_id) as contact_id,
        coalesce(differences.field, field_decisions.field) as field,
        count(differences.contact_id) as count_differences,
        count(field_decisions.contact_id) as count_decisions
    from differences
    full outer join field_decisions
        on
            differences.contact_id = field_decisions.contact_id
            and differences.field = field_decisions.field
    where
        differences.contact_id is not null
        or field_decisions.incoming_value is not null
        or field_decisions.base_value is null
    group by 1, 2
    having
        count(differences.contact_id) <> 1
        or count(field_decisions.contact_id) <> 1
        or bool_or(differences.ours is distinct from field_decisions.present_value)
)

select * from bad_rows
