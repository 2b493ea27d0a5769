-- One row per contact and field for which Kajabi has a value that is not ours, trimmed, or has no value any more.
with compared_cells as (select * from {{ ref('compared_cells') }}),

standing_conflicts as (select * from {{ ref('standing_conflicts') }}),

valid_decisions as (select * from {{ ref('valid_decisions') }}),

written_values as (select * from {{ ref('written_values') }}),

taken_back as (select * from {{ ref('stg_ledger__taken_back') }}),

remembered as (
    select
        compared_cells.*,
        valid_decisions.verdict,
        written_values.written_value,
        written_values.contact_id is not null as is_written,
        taken_back.contact_id is not null as is_taken_back,
        standing_conflicts.base_value as conflict_base_value,
        standing_conflicts.was_in_base,
        standing_conflicts.contact_id is not null as is_open_conflict
    from compared_cells
    left join standing_conflicts
        on compared_cells.contact_id = standing_conflicts.contact_id and compared_cells.field = standing_conflicts.field
    left join valid_decisions
        on compared_cells.contact_id = valid_decisions.contact_id and compared_cells.field = valid_decisions.field
    left join written_values
        on compared_cells.contact_id = written_values.contact_id and compared_cells.field = written_values.field
    left join taken_back
        on
            compared_cells.contact_id = taken_back.contact_id
            and compared_cells.field = taken_back.field
            and compared_cells.incoming_value = taken_back.taken_back_value
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
