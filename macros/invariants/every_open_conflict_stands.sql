{# Invariant: a conflict whose two sides are as they were when it was opened is decided as an open one, with the
   baseline that it was opened with.
   It guards what waits for a person. The baseline moves on every week: against the new one, Kajabi's value
   is not new any more, and a conflict that forgot its baseline would fall silent before anybody has answered.
   The cells are compared here a second time, field by field, for every conflict of the ledger. #}
{% macro every_open_conflict_stands() -%}
    with noted_conflicts as (select * from {{ source('kajabi_ledger', 'open_conflicts') }}),

    -- by the texts, cleaned as today; a conflict of an earlier version has the values only
    open_conflicts as (
        select
            contact_id,
            field,
            our_value,
            was_in_baseline,
            coalesce({{ clean_text('kajabi_text', 'field') }}, case when kajabi_text is null then kajabi_value end)
                as kajabi_value,
            coalesce({{ clean_text('baseline_text', 'field') }}, case when baseline_text is null then baseline_value end)
                as baseline_value
        from noted_conflicts
    ),

    matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

    exports as (select * from {{ ref('stg_kajabi__contacts') }}),

    contacts as (select * from {{ ref('stg_crm__contacts') }}),

    field_decisions as (select * from {{ ref('field_decisions') }}),

    standing as (
        select open_conflicts.*
        from open_conflicts
        inner join matches on open_conflicts.contact_id = matches.contact_id
        inner join exports on matches.row_number = exports.row_number
        inner join contacts on open_conflicts.contact_id = contacts.id
        where
            to_jsonb(contacts) ->> open_conflicts.field is not distinct from open_conflicts.our_value
            and {{ clean_text('(to_jsonb(exports) ->> open_conflicts.field)', 'open_conflicts.field') }}
            is not distinct from open_conflicts.kajabi_value
            -- written in another way Kajabi's cell can be ours to the letter: then nothing differs any more
            and ({{ trim_text('(to_jsonb(exports) ->> open_conflicts.field)') }})
            is distinct from {{ trim_text('(to_jsonb(contacts) ->> open_conflicts.field)') }}
    ),

    bad_rows as (
        select
            standing.contact_id,
            standing.field,
            field_decisions.rule
        from standing
        left join field_decisions
            on standing.contact_id = field_decisions.contact_id and standing.field = field_decisions.field
        where
            field_decisions.is_open_conflict is not true
            or (field_decisions.baseline_value is distinct from standing.baseline_value)
            or (field_decisions.is_in_baseline is distinct from standing.was_in_baseline)
    )

    select * from bad_rows
{%- endmacro %}
