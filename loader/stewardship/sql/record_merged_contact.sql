-- Record that one email was merged into a living contact; the answer says what became of it.
with recursive given as (
    select
        kajabi_ledger.clean_email(%(old_email)s) as old_email,
        kajabi_ledger.clean_email(%(survivor_email)s) as survivor_email,
        kajabi_ledger.trim_text(%(old_kajabi_id)s) as old_kajabi_id
),

-- where the survivor itself was merged into, and so on: none of these steps may lead back to the old email
further as (
    select survivor_email as step from given
    union
    select known.survivor_email
    from further
    inner join kajabi_ledger.merged_contacts as known on further.step = known.old_email
),

judged as (
    select
        given.*,
        %(survivor_contact_id)s::uuid as contact_id,
        case
            when given.old_email is null or given.survivor_email is null then 'blank'
            when given.old_email = given.survivor_email then 'same_email'
            when before.survivor_email = given.survivor_email then 'known'
            when before.survivor_email is not null then 'other_survivor'
            when exists (select from further where step = given.old_email) then 'circle'
            when %(survivor_contact_id)s::uuid is null then 'no_survivor'
            else 'recorded'
        end as outcome
    from given
    left join kajabi_ledger.merged_contacts as before on given.old_email = before.old_email
),

recorded as (
    insert into kajabi_ledger.merged_contacts (
        old_email, old_kajabi_id, survivor_contact_id, survivor_email, recorded_by, because
    )
    select old_email, old_kajabi_id, contact_id, survivor_email, %(recorded_by)s, %(because)s
    from judged
    where outcome = 'recorded'
    on conflict do nothing
)

select outcome from judged
