-- One row per difference: the first rule that applies, what it does, and the value that will stand.
-- The heart of the import. What each rule means, and why, is the seed `decision_rules`.
with weighed as (select * from {{ ref('weighed_differences') }}),

decision_rules as (select * from {{ ref('decision_rules') }}),

ruled as (
    select
        *,
        case
            when (present_text is not distinct from incoming_value) then 'same'
            when incoming_value is null then 'kajabi_blank'
            when field = 'phone' and incoming_comparable is null then 'invalid_in_kajabi'
            when is_cosmetic then 'cosmetic'
            when policy = 'link' and present_text is null and not is_held_id then 'link'
            when policy = 'link' then 'ours_first'
            when is_other_contact then 'other_contact_owner'
            when policy = 'never' then 'policy_never'
            when is_other_field then 'other_field_owner'
            when is_legacy_field then 'legacy_owner'
            when is_malformed_line_2 then 'malformed_line_2'
            when present_text is null and is_address and is_address_mismatch then 'address_mismatch'
            when present_text is null and policy in ('fill_blank', 'follow_kajabi') then 'fill_blank'
            when present_text is not null then 'ours_first'
            else 'undecided'
        end as rule
    from weighed
),

field_decisions as (
    select
        ruled.contact_id,
        ruled.row_number,
        ruled.field,
        ruled.present_value,
        ruled.incoming_value,
        ruled.base_value,
        ruled.rule,
        decision_rules.action,
        case
            when decision_rules.action in ('fill', 'update', 'link') then ruled.incoming_value
            else ruled.present_value
        end as final_value,
        decision_rules.action = 'keep'
        and case
            when ruled.is_in_base
                then ruled.incoming_value is not null and (ruled.incoming_value is distinct from ruled.base_value)
            else decision_rules.is_review
        end as needs_review,
        ruled.owner,
        ruled.owner_label,
        ruled.owner_class
    from ruled
    left join decision_rules on ruled.rule = decision_rules.rule
)

select * from field_decisions
