{{ config(materialized='table') }}
-- One row per key of a view or a seed, or key of which a part is null, that comes twice or is null where it may not be;
-- and one where a second row stands beside the only one. All else has a unique index, which PostgreSQL holds.
-- A table: what it looks at is made with the plan, so nothing moves until the next one.
with guard_broken_keys as (
    {{ bad_keys([
        (ref('decision_rules'), ['rule'], []),
        (ref('decision_rules'), ['rule_order'], []),
        (ref('field_policies'), ['field'], []),
        (ref('field_policies'), ['position'], []),
        (ref('guards'), ['guard'], []),
        (ref('hold_reasons'), ['hold_reason'], []),
        (ref('kajabi_columns'), ['column_name', 'match_by', 'header'], []),
        (ref('placeholders'), ['bracketed_placeholder'], []),
        (ref('source_priorities'), ['source'], []),
        (ref('plan_inputs'), [], []),
        (ref('plan_summary'), [], []),
        (ref('address_evaluation'), ['contact_id', 'row_number'], ['contact_id', 'row_number']),
        (ref('contact_keys'), ['contact_id', 'key_name', 'key_value'], ['contact_id']),
        (ref('match_candidates'), ['row_number', 'contact_id', 'key_name'], ['contact_id']),
        (ref('stg_crm__columns'), ['column_name'], []),
        (ref('stg_crm__email_subscriptions'), ['contact_id'], []),
        (ref('stg_ledger__open_conflicts'), ['contact_id', 'field'], []),
        (ref('stg_ledger__state'), [], []),
        (ref('stg_ledger__undone_values'), ['contact_id', 'field', 'undone_value'], [])
    ]) }}
)

select * from guard_broken_keys
