-- Invariant: the key of a view or a seed, and a key of which a part may be null, comes once and is not null beyond
-- that; what holds one row holds no second one.
-- It guards the joins: a key that comes twice doubles every row that meets it, in the plan or in a file for Kajabi.
-- Any other table has a unique index, so PostgreSQL refuses to build it wrong. One question for all of them: a node
-- for each costs more than the asking.
with kajabi_corrections as materialized (select contact_id, email_key from {{ ref('kajabi_corrections') }}),

kajabi_full_export as materialized (select contact_id, email_key from {{ ref('kajabi_full_export') }}),

kajabi_new_contacts as materialized (select contact_id, email_key from {{ ref('kajabi_new_contacts') }}),

bad_keys as (
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
    {{ bad_keys(ref('correction_cells'), 'contact_id field') }}
    union all
    {{ bad_keys(ref('kajabi_by_hand'), 'contact_id field') }}
    union all
    {{ bad_keys('kajabi_corrections', 'contact_id') }}
    union all
    {{ bad_keys('kajabi_corrections', 'email_key') }}
    union all
    {{ bad_keys('kajabi_full_export', 'contact_id') }}
    union all
    {{ bad_keys('kajabi_full_export', 'email_key') }}
    union all
    {{ bad_keys('kajabi_new_contacts', 'contact_id') }}
    union all
    {{ bad_keys('kajabi_new_contacts', 'email_key') }}
    union all
    {{ bad_keys(ref('sendable_records'), 'contact_id') }}
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

select * from bad_keys
