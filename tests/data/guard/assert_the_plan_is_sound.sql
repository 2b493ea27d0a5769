-- Invariant: every invariant of `macros/invariants` about the plan holds.
-- It guards what is matched, decided and planned, found a second time in another way.
-- One question for all of them: a node of dbt for each costs more than the asking. A row names what does not hold.
-- depends_on: {{ ref('guard_verdict') }}: dbt would let the guards wait for this, and they are asked beside it.
with broken_invariants as (
    {{ broken('every_managed_field_has_a_policy', every_managed_field_has_a_policy()) }}
    union all
    {{ broken('every_export_row_is_matched_once', every_export_row_is_matched_once()) }}
    union all
    {{ broken('every_match_override_stands', every_match_override_stands()) }}
    union all
    {{ broken('status_says_what_the_row_has', status_says_what_the_row_has()) }}
    union all
    {{ broken('address_policies_agree', address_policies_agree()) }}
    union all
    {{ broken('every_difference_is_decided_once', every_difference_is_decided_once()) }}
    union all
    {{ broken('every_evidence_is_weighed', every_evidence_is_weighed()) }}
    union all
    {{ broken('every_open_conflict_stands', every_open_conflict_stands()) }}
    union all
    {{ broken('every_override_stands', every_override_stands()) }}
    union all
    {{ broken('every_write_is_collected', every_write_is_collected()) }}
    union all
    {{ broken('plan_is_what_was_collected', plan_is_what_was_collected()) }}
    union all
    {{ broken('plan_moves_managed_cells_only', plan_moves_managed_cells_only()) }}
    union all
    {{ broken('seed_rows_say_why', seed_rows_say_why()) }}
)

select * from broken_invariants
