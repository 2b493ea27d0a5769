-- One row per contact and unit (name, phone, address) that must not be sent back: Kajabi's value is newer and waits for
-- a person, or is about to be taken here.
-- Sent back, ours would go over a value that nobody has looked at, and next week nothing would show it any more.
with field_decisions as (select * from {{ ref('field_decisions') }}),

field_policies as (select * from {{ ref('field_policies') }}),

withheld_units as (
    select distinct
        field_decisions.contact_id,
        case
            when field_policies.is_address then 'address'
            when field_policies.field = 'phone' then 'phone'
            else 'name'
        end as unit
    from field_decisions
    inner join field_policies on field_decisions.field = field_policies.field
    where
        ((field_decisions.needs_review and field_decisions.is_in_base) or field_decisions.action = 'update')
        -- another field is in no file
        and field_decisions.field in ({{ list_fields("'FIELD'", file_fields()) }})
)

select * from withheld_units
