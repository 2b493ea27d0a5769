-- A person's word on one cell, or on an address as a unit, for exactly the values that Kajabi has in this plan.
-- An id of ours is never replaced: by it the person is found every week. `ours` closes the question.
-- The answer says what became of it; `recorded` alone wrote something.
with given as (
    select
        kajabi_ledger.clean_email(%(email)s) as email_key,
        %(field)s::text as field,
        %(verdict)s::text as verdict
),

decided_contact as (
    select contact_id
    from kajabi_ledger.contacts_with_email(array[(select email_key from given)])
),

cells as (
    select
        cells.contact_id,
        cells.field,
        cells.present_value,
        cells.incoming_value
    from kajabi_guard.compared_cells as cells
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

judged as (
    select
        given.*,
        (select contact_id from decided_contact) as contact_id,
        (select jsonb_object_agg(field, incoming_value) from cells) as incoming_values,
        (select jsonb_object_agg(field, present_value) from cells) as present_values,
        case
            when given.verdict not in ('ours', 'kajabi') then 'unknown_verdict'
            when not exists (select from decided_contact) then 'no_contact'
            when exists (
                select from kajabi_guard.field_policies as policies
                where policies.is_address and policies.field = given.field
            ) then 'part_of_address'
            when given.field in ('kajabi_id', 'kajabi_member_id') and given.verdict = 'kajabi' then 'id_stays'
            when given.field not in ('address', 'kajabi_id', 'kajabi_member_id') and not exists (
                select from kajabi_guard.field_policies as policies where policies.field = given.field
            ) then 'unknown_field'
            when not exists (select from differences) then 'no_difference'
            when
                given.verdict = 'kajabi' and not exists (
                    select from cells
                    -- a phone without a digit is no value
                    where incoming_value is not null and (field <> 'phone' or incoming_value ~ '[0-9]')
                ) then 'no_value'
            when %(seen_field)s::text is not null and not exists (
                select from cells
                where
                    field = %(seen_field)s::text
                    and (
                        incoming_value is not distinct from %(seen_value)s::text
                        -- a spreadsheet takes 02134 for a number and saves 2134: it is the value that was seen
                        or (
                            incoming_value ~ '^[0-9]+$'
                            and ltrim(incoming_value, '0') = ltrim(%(seen_value)s::text, '0')
                        )
                    )
            ) then 'moved_on'
            else 'recorded'
        end as outcome
    from given
),

recorded as (
    insert into kajabi_ledger.decisions_taken (
        contact_id, field, verdict, incoming_values, present_values, after_run, because, decided_by
    )
    select
        contact_id,
        field,
        verdict,
        incoming_values,
        present_values,
        (select coalesce(max(run_id), 0) from kajabi_ledger.merge_runs),
        %(because)s,
        %(decided_by)s
    from judged
    where outcome = 'recorded'
)

select outcome from judged
