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
        {{ trim_text('field_changes.written_value') }} as written_value
    from field_changes
    where field_changes.contact_id in (select contact_id from three_way_cells)
    order by field_changes.contact_id asc, field_changes.field asc, field_changes.run_id desc
),

remembered as (
    select
        three_way_cells.*,
        active_overrides.decision,
        last_written_values.written_value,
        last_written_values.contact_id is not null as is_written,
        undone_values.contact_id is not null as is_undone
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
            and three_way_cells.kajabi_value = undone_values.undone_value
),

field_differences as (
    select
        contact_id,
        row_number,
        field,
        our_value,
        our_text,
        kajabi_value,
        -- an open conflict keeps the baseline that it was opened with: the baseline moves on every week
        case when is_open_conflict then conflict_baseline_value else baseline_value end as baseline_value,
        case when is_open_conflict then was_in_baseline else is_in_baseline end as is_in_baseline,
        is_open_conflict,
        decision,
        written_value,
        is_written,
        is_undone,
        is_malformed_line_2,
        is_invalid,
        {{ comparable_value('our_value', 'field') }} as our_comparable,
        {{ comparable_value('kajabi_value', 'field') }} as kajabi_comparable
    from remembered
    where
        kajabi_text <> coalesce(our_text, '')
        or (
            kajabi_text is null
            and our_text is not null
            -- an id that Kajabi no longer gives is nothing to decide: ours stays
            and field not in ('kajabi_id', 'kajabi_member_id')
            and (baseline_value is not null or is_open_conflict or decision is not null)
        )
)

select * from field_differences
