{# Invariant: a cell that differs and that a steward decided, for the values that Kajabi still has, is decided their way
   and asks nobody again; only a rule that comes before theirs may say otherwise.
   It guards the word of people: the newest decision of the ledger is looked up here a second time.
   A decision that got lost would be asked again every week, until nobody answers any more; one that outlives the values
   it was taken for would write what nobody has looked at. #}
{% macro every_override_stands() -%}
    with overrides as (select * from {{ source('kajabi_ledger', 'overrides') }}),

    three_way_cells as (select * from {{ ref('three_way_cells') }}),

    field_changes as (select * from {{ source('kajabi_ledger', 'field_changes') }}),

    field_decisions as (select * from {{ ref('field_decisions') }}),

    decision_rules as (select * from {{ ref('decision_rules') }}),

    first_word as (select min(rule_order) as rule_order from decision_rules where starts_with(rule, 'decided_')),

    newest as (
        select distinct on (contact_id, field) *
        from overrides
        order by contact_id asc, field asc, override_id desc
    ),

    decided_cells as (
        select
            newest.contact_id,
            newest.decision,
            each_value.key as field,
            -- an address stands or falls as one
            bool_and(
                each_value.value is not distinct from three_way_cells.kajabi_value
                -- a word for Kajabi's value is for the value of ours that was seen, and it is carried out once
                and (
                    newest.decision = 'ours'
                    or (
                        (
                            newest.our_values is null
                            or newest.our_values ->> each_value.key is not distinct from three_way_cells.our_value
                        )
                        and not exists (
                            select from field_changes
                            where
                                field_changes.contact_id = newest.contact_id
                                and field_changes.field = each_value.key
                                and field_changes.rule = 'decided_kajabi'
                                and field_changes.run_id > newest.after_run
                        )
                    )
                )
            ) over (partition by newest.override_id) as is_still_said
        from newest
        cross join lateral jsonb_each_text(newest.kajabi_values) as each_value
        inner join three_way_cells
            on newest.contact_id = three_way_cells.contact_id and each_value.key = three_way_cells.field
    ),

    bad_rows as (
        select
            field_decisions.contact_id,
            field_decisions.field,
            decided_cells.decision,
            field_decisions.rule
        from decided_cells
        inner join field_decisions
            on decided_cells.contact_id = field_decisions.contact_id and decided_cells.field = field_decisions.field
        inner join decision_rules on field_decisions.rule = decision_rules.rule
        cross join first_word
        where
            case
                when decided_cells.is_still_said
                    then
                        field_decisions.needs_review
                        or (
                            decision_rules.rule_order >= first_word.rule_order
                            and field_decisions.rule <> 'decided_' || decided_cells.decision
                        )
                else starts_with(field_decisions.rule, 'decided_')
            end
    )

    select * from bad_rows
{%- endmacro %}
