-- Invariant: every invariant of `macros/invariants` about the report holds.
-- It guards the figures and lists that people read, found a second time in another way.
-- One question for all of them: a node of dbt for each costs more than the asking. A row names what does not hold.
-- depends_on: {{ ref('guard_verdict') }}: dbt would let the guards wait for this, and they are asked beside it.
with broken_invariants as (
    {{ broken('every_address_is_evaluated_once', every_address_is_evaluated_once()) }}
    union all
    {{ broken('every_held_row_is_shown', every_held_row_is_shown()) }}
    union all
    {{ broken('every_kept_value_is_shown', every_kept_value_is_shown()) }}
    union all
    {{ broken('figures_add_up', figures_add_up()) }}
    union all
    {{ broken('labels_fit', labels_fit()) }}
    union all
    {{ broken('outcomes_are_the_figures', outcomes_are_the_figures()) }}
)

select * from broken_invariants
