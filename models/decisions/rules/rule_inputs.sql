{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per difference, with everything that the rules ask about it.
with field_differences as (select * from {{ ref('field_differences') }}),

field_owners as (select * from {{ ref('field_owners') }}),

field_policies as (select * from {{ ref('field_policies') }}),

address_survivorship as (select * from {{ ref('address_survivorship') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

new_rows as (select row_number from {{ ref('contact_matches') }} where status = 'new'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

ids_to_link as (
    select field, kajabi_value from field_differences where field in ('kajabi_id', 'kajabi_member_id')
),

held_ids as (
    select 'kajabi_id' as field, {{ trim_text('kajabi_id') }} as held_value from contacts
    where {{ trim_text('kajabi_id') }} in (select kajabi_value from ids_to_link where field = 'kajabi_id')
    union all
    select 'kajabi_member_id', {{ trim_text('kajabi_member_id') }} from contacts
    where {{ trim_text('kajabi_member_id') }} in (select kajabi_value from ids_to_link where field = 'kajabi_member_id')
),

-- a row that is inserted claims its ids as well
claimed_ids as (
    select field, kajabi_value from ids_to_link
    union all
    select 'kajabi_id', exports.kajabi_id
    from exports inner join new_rows on exports.row_number = new_rows.row_number
    union all
    select 'kajabi_member_id', exports.kajabi_member_id
    from exports inner join new_rows on exports.row_number = new_rows.row_number
),

-- what a contact holds, or several export rows claim, is not free to be linked
taken_ids as (
    select field, held_value from held_ids
    union
    select field, kajabi_value from claimed_ids group by field, kajabi_value having count(*) > 1
),

prepared as (
    select
        field_differences.*,
        field_owners.owner,
        field_owners.owner_label,
        field_owners.owner_class,
        field_owners.is_other_contact,
        field_owners.is_other_field,
        field_owners.is_legacy_field,
        coalesce(field_policies.policy, 'link') as policy,
        coalesce(field_policies.is_address, false) as is_address,
        taken_ids.held_value is not null as is_held_id,
        -- never on an empty result: two different smileys are not the same word
        coalesce(our_comparable = kajabi_comparable and our_comparable <> '', false) as is_cosmetic,
        -- what was written here and undone is nothing new either
        is_undone or (is_in_baseline and kajabi_value is not distinct from baseline_value) as is_unchanged_in_kajabi,
        is_in_baseline and (our_text is not distinct from baseline_value) as is_ours_from_kajabi,
        coalesce(address_survivorship.is_address_followed, false) as is_address_followed
    from field_differences
    left join field_owners
        on
            field_differences.contact_id = field_owners.contact_id
            and field_differences.field = field_owners.field
    left join field_policies on field_differences.field = field_policies.field
    left join address_survivorship on field_differences.contact_id = address_survivorship.contact_id
    left join taken_ids
        on field_differences.field = taken_ids.field and field_differences.kajabi_value = taken_ids.held_value
),

judged as (
    select
        *,
        bool_or(
            is_address and our_text is not null and our_text <> kajabi_value
            and not is_cosmetic and not is_malformed_line_2
        ) over (partition by contact_id) as is_address_mismatch,
        -- a part that another source gave, or that was undone or blanked here, stays behind: the address would be
        -- half of each
        bool_or(
            is_address and not is_cosmetic and not is_malformed_line_2 and is_invalid is not true
            and kajabi_value is not null and our_text is distinct from kajabi_value
            and (
                is_undone
                or coalesce(is_other_contact or is_other_field or is_legacy_field, false)
                or coalesce(our_text is null and written_value = kajabi_value, false)
            )
        ) over (partition by contact_id) as is_address_owned
    from prepared
),

rule_inputs as (
    select
        *,
        policy = 'follow_kajabi' and (not is_address or (is_address_followed and not is_address_owned)) as is_followed
    from judged
)

select * from rule_inputs
