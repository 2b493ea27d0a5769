-- An override on quarantined export rows, named by their email or Kajabi id: same as a contact, new, or to be ignored.
-- The answer says what became of it; `recorded` alone wrote something.
with given as (
    select
        kajabi_ledger.clean_email(%(email)s) as row_name,
        replace(%(verdict)s, '-', '_') as decision,
        kajabi_ledger.clean_email(%(other_email)s) as other_email
),

held as (
    select
        exports.*,
        held.hold_reason,
        reasons.settle_with
    from kajabi_guard.quarantined_rows as held
    inner join kajabi_guard.stg_kajabi__contacts as exports on held.row_number = exports.row_number
    inner join kajabi_guard.hold_reasons as reasons on held.hold_reason = reasons.hold_reason
    inner join given on given.row_name in (exports.email_key, lower(exports.kajabi_id))
    where held.hold_reason <> 'not_in_this_plan'
),

other_contact as (
    select contacts.id as contact_id
    from public.contacts
    inner join given on kajabi_ledger.clean_email(contacts.email::text) = given.other_email
    where to_jsonb(contacts) ->> 'deleted_at' is null
),

judged as (
    select
        given.*,
        case
            when given.decision not in ('same_as', 'new', 'ignore') then 'unknown_verdict'
            when not exists (select from held) then 'not_held'
            when exists (
                select from held
                where not replace(given.decision, '_', '-') = any(string_to_array(held.settle_with, ', '))
            ) then 'not_possible'
            when given.decision = 'same_as' and not exists (select from other_contact) then 'no_other'
            else 'recorded'
        end as outcome
    from given
),

recorded as (
    insert into kajabi_ledger.match_overrides (row_key, decision, contact_id, because, decided_by)
    select
        kajabi_ledger.row_key(held.kajabi_id, held.email_key, held.first_name, held.last_name, held.phone),
        judged.decision,
        case when judged.decision = 'same_as' then (select contact_id from other_contact) end,
        %(because)s,
        %(decided_by)s
    from judged
    cross join held
    where judged.outcome = 'recorded'
)

select outcome from judged
