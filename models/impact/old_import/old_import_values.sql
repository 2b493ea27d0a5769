-- One row per contact and field that the old import would have changed: COALESCE(kajabi, ours), row by row, matched by
-- email, raw values compared exactly. A NULL of ours counts as a change too, and a placeholder as a value.
with old_import_matches as (select * from {{ ref('old_import_matches') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_policies as (select * from {{ ref('field_policies') }}),

overwritten as (
    select distinct on (contacts.id, each_field.field)
        contacts.id as contact_id,
        each_field.*
    from old_import_matches
    inner join exports on old_import_matches.row_number = exports.row_number
    inner join contacts on old_import_matches.contact_id = contacts.id
    cross join lateral (
        values
        ('first_name', contacts.first_name, exports.first_name, contacts.paypal_first_name),
        ('last_name', contacts.last_name, exports.last_name, contacts.paypal_last_name),
        ('phone', contacts.phone, exports.phone, coalesce(contacts.phone_source, contacts.paypal_phone)),
        ('address_line_1', contacts.address_line_1, exports.address_line_1, contacts.billing_address_source),
        ('address_line_2', contacts.address_line_2, exports.address_line_2, contacts.billing_address_source),
        ('city', contacts.city, exports.city, contacts.billing_address_source),
        ('state', contacts.state, exports.state, contacts.billing_address_source),
        ('postal_code', contacts.postal_code, exports.postal_code, contacts.billing_address_source),
        ('country', contacts.country, exports.country, contacts.billing_address_source)
    ) as each_field (field, present_value, old_import_value, evidence)
    where each_field.old_import_value is not null
    -- row by row: the last row of the file has the last word
    order by contacts.id asc, each_field.field asc, old_import_matches.row_number desc
),

old_import_values as (
    select
        overwritten.contact_id,
        overwritten.field,
        overwritten.present_value,
        overwritten.old_import_value,
        coalesce(
            {{ trim_text('overwritten.evidence') }} is not null
            and not (
                field_policies.is_address and starts_with(lower({{ trim_text('overwritten.evidence') }}), 'kajabi')
            ),
            false
        ) as is_enriched
    from overwritten
    inner join field_policies on overwritten.field = field_policies.field
    where overwritten.old_import_value is distinct from overwritten.present_value
)

select * from old_import_values
