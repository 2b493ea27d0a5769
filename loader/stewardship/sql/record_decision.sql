-- An override on one cell, or on an address as a unit, for exactly the values that Kajabi has in this plan.
-- An id of ours is never replaced: by it the person is found every week. `ours` closes the question.
-- From a list, both values must still be the ones that the list showed, and all that would be replaced was in it.
-- The answer says what became of it; `recorded` alone wrote something.
with given as (
    select
        kajabi_ledger.clean_email(%(email)s) as email_key,
        %(field)s::text as field,
        %(verdict)s::text as decision
),

decided_contact as (
    select contact_id
    from kajabi_ledger.contacts_with_email(array[(select email_key from given)])
),

cells as (
    select
        cells.contact_id,
        cells.field,
        cells.our_value,
        cells.kajabi_value
    from kajabi_guard.three_way_cells as cells
    inner join decided_contact on cells.contact_id = decided_contact.contact_id
    left join kajabi_guard.field_policies as policies on cells.field = policies.field
    cross join given
    where cells.field = given.field or (given.field = 'address' and policies.is_address)
),

-- what there is to decide: a difference that a rule decided, whatever the rule said
differences as (
    select decisions.field
    from kajabi_guard.field_decisions as decisions
    inner join cells on decisions.contact_id = cells.contact_id and decisions.field = cells.field
    where decisions.rule <> 'same'
),

-- what taking Kajabi's address would do
unit as (
    select addresses.*
    from kajabi_guard.address_reviews as addresses
    inner join decided_contact on addresses.contact_id = decided_contact.contact_id
    cross join given
    where given.field = 'address'
),

shown as (
    select
        field,
        our_value,
        kajabi_value
    from cells
    -- a part of an address was the whole question, or the person has not seen the rest
    where not exists (select from unit where not is_one_part)
    union all
    select
        'address' as field,
        our_address as our_value,
        kajabi_address as kajabi_value
    from unit
),

seen as (
    select field
    from shown
    where
        field = %(seen_field)s::text
        and kajabi_ledger.is_as_seen(kajabi_value, %(seen_kajabi_value)s::text)
        and kajabi_ledger.is_as_seen(our_value, %(seen_our_value)s::text)
),

judged as (
    select
        given.*,
        (select contact_id from decided_contact) as contact_id,
        (select jsonb_object_agg(field, kajabi_value) from cells) as kajabi_values,
        (select jsonb_object_agg(field, our_value) from cells) as our_values,
        case
            when given.decision not in ('ours', 'kajabi') then 'unknown_verdict'
            when not exists (select from decided_contact) then 'no_contact'
            when exists (
                select from kajabi_guard.field_policies as policies
                where policies.is_address and policies.field = given.field
            ) then 'part_of_address'
            when given.field in ('kajabi_id', 'kajabi_member_id') and given.decision = 'kajabi' then 'id_stays'
            when given.field not in ('address', 'kajabi_id', 'kajabi_member_id') and not exists (
                select from kajabi_guard.field_policies as policies where policies.field = given.field
            ) then 'unknown_field'
            when not exists (select from differences) then 'no_difference'
            when
                given.decision = 'kajabi' and given.field <> 'address' and not exists (
                    select from cells
                    -- a phone without a digit is no value
                    where kajabi_value is not null and (field <> 'phone' or kajabi_value ~ '[0-9]')
                ) then 'no_value'
            when given.decision = 'kajabi' and exists (select from unit where count_replaced = 0) then 'no_value'
            when %(seen_field)s::text is not null and not exists (select from seen) then 'moved_on'
            else 'recorded'
        end as outcome
    from given
),

recorded as (
    insert into kajabi_ledger.overrides (
        contact_id, field, decision, kajabi_values, our_values, after_run, because, decided_by
    )
    select
        contact_id,
        field,
        decision,
        kajabi_values,
        our_values,
        (select coalesce(max(run_id), 0) from kajabi_ledger.merge_runs),
        %(because)s,
        %(decided_by)s
    from judged
    where outcome = 'recorded'
)

select outcome from judged
