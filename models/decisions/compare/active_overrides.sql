{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per contact and field for which an override holds: Kajabi still says exactly what it said then.
-- A word for Kajabi's value holds only while ours is as it was then, and once: what somebody corrects here after it was
-- carried out is newer than that word.
with overrides as (select * from {{ ref('stg_ledger__overrides') }}),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

field_changes as (select * from {{ ref('stg_ledger__field_changes') }}),

field_policies as (select * from {{ ref('field_policies') }}),

newest as (
    select distinct on (contact_id, field) *
    from overrides
    order by contact_id asc, field asc, override_id desc
),

-- the address is decided as one unit: its six parts stand or fall together
decided_cells as (
    select
        newest.contact_id,
        newest.field as decided_field,
        newest.decision,
        newest.kajabi_values,
        newest.our_values,
        newest.after_run,
        each_field.field,
        each_field.our_value,
        {{ clean_text('each_field.kajabi_text', 'each_field.field') }} as kajabi_value
    from newest
    inner join matches on newest.contact_id = matches.contact_id
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on newest.contact_id = contacts.id
    cross join lateral (
        {{ unpivot_fields(['contacts', 'exports'], planned_fields()) }}
    ) as each_field (field, our_value, kajabi_text)
    -- the two ids have no policy
    left join field_policies on each_field.field = field_policies.field
    where
        newest.field = each_field.field
        -- of an address the parts that this site had a column for, which are those that the person has seen
        or (newest.field = 'address' and field_policies.is_address and newest.kajabi_values ? each_field.field)
),

weighed as (
    select
        decided_cells.*,
        jsonb_object_agg(decided_cells.field, decided_cells.kajabi_value) over unit = kajabi_values as is_as_decided,
        coalesce(jsonb_object_agg(decided_cells.field, decided_cells.our_value) over unit = our_values, true)
            as is_ours_as_seen,
        bool_or(field_changes.run_id is not null) over unit as is_carried_out
    from decided_cells
    left join field_changes
        on
            decided_cells.contact_id = field_changes.contact_id
            and decided_cells.field = field_changes.field
            and decided_cells.after_run < field_changes.run_id
            and field_changes.rule = 'decided_kajabi'
    window unit as (partition by decided_cells.contact_id, decided_cells.decided_field)
),

active_overrides as (
    select distinct contact_id, field, decision, kajabi_value
    from weighed
    where is_as_decided and (decision = 'ours' or (is_ours_as_seen and not is_carried_out))
)

select * from active_overrides
