-- One row per contact and column of a correction in which Kajabi has another value than the one that is sent.
-- This is what the ledger keeps of an export, and what is looked for in Kajabi's next one.
with corrections as (select * from {{ ref('kajabi_corrections') }}),

compared_values as (select * from {{ ref('compared_values') }}),

sent as (
    select
        corrections.contact_id,
        case when each_field.field in ('name', 'phone') then each_field.field else 'address' end as unit,
        each_field.*
    from corrections
    cross join lateral (
        {{ unpivot_fields(['corrections'], 'name phone ' ~ address_fields()) }}
    ) as each_field (field, value_sent)
    where each_field.value_sent is not null
),

correction_cells as (
    select
        sent.contact_id,
        sent.unit,
        sent.field,
        sent.value_sent,
        compared_values.kajabi_value
    from sent
    inner join compared_values
        on sent.contact_id = compared_values.contact_id and sent.field = compared_values.field
    where lower(normalize(sent.value_sent, nfc)) is distinct from lower(compared_values.kajabi_value)
)

select * from correction_cells
