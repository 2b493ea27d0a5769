-- The living contacts that have one of these emails. One look at contacts for a whole list: one each takes minutes.
with given as (
    select
        email,
        kajabi_ledger.clean_email(email) as email_key
    from unnest(%(emails)s::text[]) as emails (email)
),

living as (
    select
        contacts.id as contact_id,
        kajabi_ledger.clean_email(contacts.email::text) as email_key
    from public.contacts
    where to_jsonb(contacts) ->> 'deleted_at' is null
)

select
    given.email,
    living.contact_id
from given
inner join living on given.email_key = living.email_key
