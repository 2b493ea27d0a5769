{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per contact and field that the old import would have changed: COALESCE(kajabi, ours), row by row, matched by
-- email, raw values compared exactly. A NULL of ours counts as a change too, and a placeholder as a value.
-- `not materialized`: what is read twice would be copied first, and the copy costs more than reading it again.
with old_import_matches as not materialized (select * from {{ ref('old_import_matches') }}),

exports as not materialized (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as not materialized (select * from {{ ref('stg_crm__contacts') }}),

field_policies as (select * from {{ ref('field_policies') }}),

contact_columns as (select * from {{ ref('stg_crm__columns') }}),

-- of several rows for one contact each counts: the last one may be as ours is
changed as (
    select distinct contact_id from old_import_matches
    where is_changed
),

overwritten as (
    select distinct on (contacts.id, each_field.field)
        contacts.id as contact_id,
        each_field.*,
        case
            when field_policies.is_address then contacts.billing_address_source
            when each_field.field = 'phone' then coalesce(contacts.phone_source, contacts.paypal_phone)
            when each_field.field = 'first_name' then contacts.paypal_first_name
            when each_field.field = 'last_name' then contacts.paypal_last_name
        end as evidence,
        field_policies.is_address
    from changed
    inner join old_import_matches on changed.contact_id = old_import_matches.contact_id
    inner join exports on old_import_matches.row_number = exports.row_number
    inner join contacts on old_import_matches.contact_id = contacts.id
    cross join lateral (
        {{ unpivot_fields(['contacts', 'exports']) }}
    ) as each_field (field, our_value, old_import_value)
    inner join field_policies on each_field.field = field_policies.field
    inner join contact_columns on each_field.field = contact_columns.column_name
    where each_field.old_import_value is not null
    -- row by row: the last row of the file has the last word
    order by contacts.id asc, each_field.field asc, old_import_matches.row_number desc
),

old_import_values as (
    select
        overwritten.contact_id,
        overwritten.field,
        overwritten.our_value,
        overwritten.old_import_value,
        coalesce(
            {{ trim_text('overwritten.evidence') }} is not null
            and not (
                overwritten.is_address and starts_with(lower({{ trim_text('overwritten.evidence') }}), 'kajabi')
            ),
            false
        ) as is_enriched
    from overwritten
    where overwritten.old_import_value is distinct from overwritten.our_value
)

select * from old_import_values
