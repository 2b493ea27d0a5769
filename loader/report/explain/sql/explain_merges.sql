-- One row per merge that is followed from an email or a Kajabi id: who was merged into whom, until somebody lives.
with recursive asked as (select kajabi_ledger.clean_email(%(asked)s) as key_value),

contacts as (
    select
        id,
        email,
        kajabi_ledger.clean_email(email) as email_key,
        kajabi_ledger.trim_text(kajabi_id) as kajabi_id,
        is_deleted
    from kajabi_guard.stg_crm__contacts
),

-- a merge recorded for one key of a deleted contact leads all its keys to the survivor
own_keys as (
    select key_value from asked
    union
    select own_key.key_value
    from contacts
    inner join asked on asked.key_value in (contacts.email_key, lower(contacts.kajabi_id))
    cross join lateral (values (contacts.email_key), (lower(contacts.kajabi_id))) as own_key (key_value)
    where contacts.is_deleted
),

chain as (
    select
        1 as step,
        merged_contacts.*,
        array[merged_contacts.merged_contact_id] as steps
    from kajabi_ledger.merged_contacts
    where
        merged_contacts.old_email in (select key_value from own_keys)
        or lower(merged_contacts.old_kajabi_id) in (select key_value from own_keys)
    union all
    select
        chain.step + 1,
        further.*,
        chain.steps || further.merged_contact_id
    from chain
    left join contacts as gone on chain.survivor_contact_id = gone.id
    inner join kajabi_ledger.merged_contacts as further
        on further.old_email in (chain.survivor_email, gone.email_key) or gone.kajabi_id = further.old_kajabi_id
    where coalesce(gone.is_deleted, true) and not further.merged_contact_id = any(chain.steps)
)

select
    chain.step,
    chain.old_email,
    chain.old_kajabi_id,
    chain.survivor_email,
    chain.recorded_at,
    chain.recorded_by,
    chain.because,
    chain.recorded_at > (select planned_at from kajabi_guard.plan_summary) as is_since,
    coalesce(not survivor.is_deleted, false) as is_survivor_living
from chain
left join contacts as survivor on chain.survivor_contact_id = survivor.id
order by chain.step, chain.merged_contact_id
