-- One row per email, by its place in the list, that neither a contact nor a row of the newest load has.
with given as (
    select
        listed.position,
        kajabi_ledger.clean_email(listed.email) as email_key
    from unnest(%(emails)s::text[]) with ordinality as listed (email, position)
),

known as (
    select contacts.email_key
    from kajabi_ledger.contacts_with_email((select array_agg(email_key) from given)) as contacts
    union all
    select kajabi_ledger.clean_email(contact_rows.email)
    from kajabi_raw.contact_rows
    where
        contact_rows.load_id = (
            select load_id from kajabi_raw.loads where newest_rank is not null order by newest_rank desc limit 1
        )
)

select position
from given
where not exists (select from known where known.email_key = given.email_key)
order by position
