{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per difference: the first rule that applies (why: seed `decision_rules`), what it does, and what will stand.
with weighed as (select * from {{ ref('rule_inputs') }}),

decision_rules as (select * from {{ ref('decision_rules') }}),

ruled as (
    select
        *,
        case
            when (our_text is not distinct from kajabi_value) then 'same'
            -- deciding for Kajabi's address as a whole may clear our line 2
            when
                decision = 'kajabi' and field = 'address_line_2' and kajabi_value is null and our_text is not null
                then 'decided_kajabi'
            when kajabi_value is null and baseline_value is not null and our_text is not null then 'cleared_in_kajabi'
            when kajabi_value is null then 'kajabi_blank'
            when is_invalid then 'invalid_in_kajabi'
            when decision = 'ours' then 'decided_ours'
            when decision = 'kajabi' then 'decided_kajabi'
            when is_cosmetic then 'cosmetic'
            when policy = 'link' and our_text is null and is_undone then 'blanked_here'
            when policy = 'link' and our_text is null and not is_held_id then 'link'
            when policy = 'link' then 'no_baseline'
            when is_other_contact then 'contact_owned_elsewhere'
            when policy = 'never' then 'policy_never'
            when is_other_field then 'field_owned_elsewhere'
            when is_legacy_field then 'legacy_owner'
            when is_malformed_line_2 then 'malformed_line_2'
            -- a part that is new in Kajabi comes along with the address that is followed as a whole
            when is_address and is_followed and not is_unchanged_in_kajabi then 'kajabi_changed'
            when our_text is null and is_address and is_address_mismatch then 'address_mismatch'
            when our_text is null and (is_unchanged_in_kajabi or written_value = kajabi_value) then 'blanked_here'
            when our_text is null and policy in ('fill_blank', 'follow_kajabi') then 'fill_blank'
            when is_unchanged_in_kajabi then 'stale_in_kajabi'
            when is_ours_from_kajabi then 'kajabi_changed'
            when is_in_baseline then 'both_changed'
            when our_text is not null then 'no_baseline'
            else 'undecided'
        end as rule
    from weighed
),

acted as (
    select
        ruled.*,
        case when ruled.is_followed then decision_rules.action_if_followed else decision_rules.action end as action,
        decision_rules.review
    from ruled
    left join decision_rules on ruled.rule = decision_rules.rule
),

field_decisions as (
    select
        contact_id,
        row_number,
        field,
        our_value,
        kajabi_value,
        baseline_value,
        is_in_baseline,
        rule,
        action,
        case when action in ('fill', 'update', 'link') then kajabi_value else our_value end as final_value,
        coalesce(
            action = 'keep' and decision is null
            and case
                when review = 'always' then true
                when is_in_baseline then kajabi_value is not null and not is_unchanged_in_kajabi
                else review = 'first'
            end,
            false
        ) as needs_review,
        is_open_conflict,
        owner,
        owner_label,
        owner_class
    from acted
)

select * from field_decisions
