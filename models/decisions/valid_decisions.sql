-- One row per contact and field for which a person's decision holds: Kajabi still says exactly what it said then.
with decisions_taken as (select * from {{ source('kajabi_ledger', 'decisions_taken') }}),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

field_policies as (select * from {{ ref('field_policies') }}),

newest as (
    select distinct on (contact_id, field) *
    from decisions_taken
    order by contact_id asc, field asc, decision_id desc
),

-- the address is decided as one unit: its six parts stand or fall together
decided_cells as (
    select
        newest.contact_id,
        newest.field as decided_field,
        newest.verdict,
        newest.incoming_values,
        each_field.field,
        {{ clean_text('each_field.incoming_text', 'each_field.field') }} as incoming_value
    from newest
    inner join matches on newest.contact_id = matches.contact_id
    inner join exports on matches.row_number = exports.row_number
    cross join lateral (
        values
        ('first_name', exports.first_name),
        ('last_name', exports.last_name),
        ('phone', exports.phone),
        ('address_line_1', exports.address_line_1),
        ('address_line_2', exports.address_line_2),
        ('city', exports.city),
        ('state', exports.state),
        ('postal_code', exports.postal_code),
        ('country', exports.country)
    ) as each_field (field, incoming_text)
    inner join field_policies on each_field.field = field_policies.field
    where newest.field = each_field.field or (newest.field = 'address' and field_policies.is_address)
),

weighed as (
    select
        *,
        jsonb_object_agg(field, incoming_value) over (partition by contact_id, decided_field) = incoming_values
            as is_valid
    from decided_cells
),

valid_decisions as (
    select contact_id, field, verdict, incoming_value from weighed where is_valid
)

select * from valid_decisions
