-- Invariant: a code is one of those that the rules, the screens and the files know, or null.
-- It guards what is decided by comparing with a code: an unknown one would fall through every `case`.
-- One question for all of them: a node for each costs more than the asking.
with unknown_codes as (
    {{ unknown_codes(ref('decision_rules'), 'action', 'none keep fill update link') }}
    union all
    {{ unknown_codes(ref('decision_rules'), 'action_if_followed', 'none keep fill update link') }}
    union all
    {{ unknown_codes(ref('decision_rules'), 'review', 'new first always') }}
    union all
    {{ unknown_codes(ref('field_policies'), 'policy', 'fill_blank follow_kajabi never') }}
    union all
    {{ unknown_codes(ref('kajabi_columns'), 'match_by', 'name handle') }}
    union all
    {{ unknown_codes(ref('source_priorities'), 'provenance_class', 'own named legacy') }}
    union all
    {{ unknown_codes(ref('active_overrides'), 'decision', 'ours kajabi') }}
    union all
    {{ unknown_codes(ref('contact_writes'), 'action', 'update insert') }}
    union all
    {{ unknown_codes(ref('merge_plan'), 'action', 'update insert') }}
    union all
    {{ unknown_codes(
        ref('field_provenance'), 'evidence',
        'contact_field_sources phone_source billing_address_source paypal_value edited_here source_system'
    ) }}
    union all
    {{ unknown_codes(ref('field_decisions'), 'action', 'none keep fill update link') }}
    union all
    {{ unknown_codes(ref('field_decisions'), 'owner_class', 'own named legacy unknown') }}
    union all
    {{ unknown_codes(
        ref('address_evaluation'), 'evaluation',
        'match needs_update missing_in_kajabi missing_here only_in_database only_in_export'
    ) }}
    union all
    {{ unknown_codes(ref('correction_outcomes'), 'outcome', 'arrived not_yet otherwise') }}
    union all
    {{ unknown_codes(ref('field_outcomes'), 'outcome', 'fill update link keep wait none') }}
    union all
    {{ unknown_codes(
        ref('impact_summary'), 'section',
        'contacts values old_import enrichment addresses corrections'
    ) }}
    union all
    {{ unknown_codes(ref('contact_matches'), 'status', 'matched new held') }}
    union all
    {{ unknown_codes(
        ref('contact_matches'), 'matched_by',
        'settled kajabi_id primary_email other_email merged_email merged_kajabi_id'
    ) }}
    union all
    {{ unknown_codes(
        ref('match_candidates'), 'key_name',
        'kajabi_id primary_email other_email merged_email merged_kajabi_id'
    ) }}
    union all
    {{ unknown_codes(ref('placeholders'), 'kind', 'placeholder error_value') }}
    union all
    {{ unknown_codes(ref('correction_units'), 'verdict', 'correct equal nothing_here waits incomplete') }}
    union all
    {{ unknown_codes(ref('stg_ledger__match_overrides'), 'decision', 'same_as new ignore erased') }}
    union all
    {{ unknown_codes(ref('stg_ledger__source_labels'), 'provenance_class', 'own named legacy unknown') }}
)

select * from unknown_codes
