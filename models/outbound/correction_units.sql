{{ config(materialized='table', indexes=[{'columns': ['contact_id', 'unit'], 'unique': true}]) }}
-- One row per contact whose values differ in Kajabi, and unit (name, phone, address): whether ours should go there.
-- An address goes as one unit: half of one and half of another is nobody's address.
with compared_values as (
    select
        *,
        {{ comparable_value('our_value', 'field') }} as our_comparable,
        {{ comparable_value('kajabi_value', 'field') }} as kajabi_comparable
    from {{ ref('compared_values') }}
),

field_decisions as (select * from {{ ref('field_decisions') }}),

field_policies as (select * from {{ ref('field_policies') }}),

-- Kajabi's value is newer and waits for a person, or is about to be taken here: sent back, ours would go over a value
-- that nobody has looked at, and next week nothing would show it any more
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
        ((field_decisions.needs_review and field_decisions.is_in_baseline) or field_decisions.action = 'update')
        -- another field is in no file
        and field_decisions.field in ({{ list_fields("'FIELD'", file_fields()) }})
),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

judged as (
    select
        compared_values.*,
        -- a part that this site has no column for is no difference; where Kajabi has it, the address is not whole here
        field <> 'name' and not field = any(contact_columns.found) as is_absent,
        case when field in ('name', 'phone') then field else 'address' end as unit,
        -- line 2 and the country alone are no address
        field not in ('address_line_2', 'country') as is_main,
        case
            when field in ('name', 'phone')
                then (our_comparable is not distinct from kajabi_comparable)
            else (lower(normalize(our_value, nfc)) is not distinct from lower(kajabi_value))
        end as is_equal
    from compared_values
    cross join contact_columns
),

grouped as (
    select
        contact_id,
        unit,
        bool_or(is_main and our_value is not null) as is_here,
        bool_or(not is_equal and not is_absent) as is_different,
        -- what Kajabi has and we have not would stay beside what is sent, or be lost with the one name
        bool_or((is_main or is_absent) and is_part_missing_here)
        and (unit = 'name' or bool_or(not is_equal and our_value is not null and kajabi_value is not null))
            as is_incomplete
    from judged
    group by contact_id, unit
),

correction_units as (
    select
        grouped.contact_id,
        grouped.unit,
        case
            when not grouped.is_here then 'nothing_here'
            when withheld_units.contact_id is not null then 'waits'
            when grouped.is_incomplete then 'incomplete'
            when grouped.is_different then 'correct'
            else 'equal'
        end as verdict
    from grouped
    left join withheld_units
        on grouped.contact_id = withheld_units.contact_id and grouped.unit = withheld_units.unit
)

select * from correction_units
