{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per contact and field for which Kajabi has a value that is not ours, trimmed, or has no value any more.
with three_way_cells as (select * from {{ ref('three_way_cells') }}),

active_overrides as (select * from {{ ref('active_overrides') }}),

field_changes as (select * from {{ ref('stg_ledger__field_changes') }}),

undone_values as (select * from {{ ref('stg_ledger__undone_values') }}),

last_written_values as (
    select distinct on (field_changes.contact_id, field_changes.field)
        field_changes.contact_id,
        field_changes.field,
        -- an undo gives back what stood there, white space included
        {{ trim_text('field_changes.new_value') }} as written_value
    from field_changes
    where field_changes.contact_id in (select contact_id from three_way_cells)
    order by field_changes.contact_id asc, field_changes.field asc, field_changes.run_id desc
),

remembered as (
    select
        three_way_cells.*,
        active_overrides.verdict,
        last_written_values.written_value,
        last_written_values.contact_id is not null as is_written,
        undone_values.contact_id is not null as is_taken_back
    from three_way_cells
    left join active_overrides
        on three_way_cells.contact_id = active_overrides.contact_id and three_way_cells.field = active_overrides.field
    left join last_written_values
        on
            three_way_cells.contact_id = last_written_values.contact_id
            and three_way_cells.field = last_written_values.field
    left join undone_values
        on
            three_way_cells.contact_id = undone_values.contact_id
            and three_way_cells.field = undone_values.field
            and three_way_cells.incoming_value = undone_values.taken_back_value
),

field_differences as (
    select
        contact_id,
        row_number,
        field,
        present_value,
        present_text,
        incoming_value,
        -- an open conflict keeps the base that it was opened with: the last accepted export moves on every week
        case when is_open_conflict then conflict_base_value else base_value end as base_value,
        case when is_open_conflict then was_in_base else is_in_base end as is_in_base,
        is_open_conflict,
        verdict,
        written_value,
        is_written,
        is_taken_back,
        is_malformed_line_2,
        {{ comparable_value('present_value', 'field') }} as present_comparable,
        {{ comparable_value('incoming_value', 'field') }} as incoming_comparable
    from remembered
    where
        incoming_text <> coalesce(present_text, '')
        or (
            incoming_text is null
            and present_text is not null
            -- an id that Kajabi no longer gives is nothing to decide: ours stays
            and field not in ('kajabi_id', 'kajabi_member_id')
            and (base_value is not null or is_open_conflict or verdict is not null)
        )
)

select * from field_differences
