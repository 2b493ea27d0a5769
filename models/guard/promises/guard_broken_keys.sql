{{ config(materialized='table') }}
-- One row per key of a view or a seed, or key of which a part may be null, that comes twice or is null beyond that; and
-- one where a second row stands beside the only one. Any other table has a unique index, which PostgreSQL holds.
-- A table: what it looks at is made with the plan, so nothing moves until the next one.
with guard_broken_keys as (
    {{ bad_keys(ref('decision_rules'), 'rule') }}
    union all
    {{ bad_keys(ref('decision_rules'), 'rule_order') }}
    union all
    {{ bad_keys(ref('field_policies'), 'field') }}
    union all
    {{ bad_keys(ref('field_policies'), 'position') }}
    union all
    {{ bad_keys(ref('guards'), 'guard') }}
    union all
    {{ bad_keys(ref('hold_reasons'), 'hold_reason') }}
    union all
    {{ bad_keys(ref('kajabi_columns'), 'column_name match_by header') }}
    union all
    {{ bad_keys(ref('placeholders'), 'bracketed_placeholder') }}
    union all
    {{ bad_keys(ref('source_priorities'), 'source') }}
    union all
    {{ bad_keys(ref('plan_inputs'), '') }}
    union all
    {{ bad_keys(ref('plan_summary'), '') }}
    union all
    {{ bad_keys(ref('address_evaluation'), 'contact_id row_number', nullable='contact_id row_number') }}
    union all
    {{ bad_keys(ref('contact_keys'), 'contact_id key_name key_value', nullable='contact_id') }}
    union all
    {{ bad_keys(ref('match_candidates'), 'row_number contact_id key_name', nullable='contact_id') }}
    union all
    {{ bad_keys(ref('stg_crm__columns'), 'column_name') }}
    union all
    {{ bad_keys(ref('stg_crm__email_subscriptions'), 'contact_id') }}
    union all
    {{ bad_keys(ref('stg_ledger__open_conflicts'), 'contact_id field') }}
    union all
    {{ bad_keys(ref('stg_ledger__state'), '') }}
    union all
    {{ bad_keys(ref('stg_ledger__undone_values'), 'contact_id field undone_value') }}
)

select * from guard_broken_keys
