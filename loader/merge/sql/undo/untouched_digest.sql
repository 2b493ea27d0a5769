-- Everything about the contacts of this run's list that it must not touch, as one digest: taken before and after.
-- updated_at moves by trigger; generated columns follow the columns that they are made from.
with listed as (
    select
        contact_id,
        array_agg(field) as fields
    from kajabi_ledger.field_changes
    where run_id = %(run_id)s
    group by contact_id
    having not bool_or(field = 'email')
)

select
    encode(sha256(convert_to(string_agg(
        (
            to_jsonb(contacts.*) - 'updated_at'
            - listed.fields
            - array(
                select attname::text from pg_catalog.pg_attribute
                where attrelid = 'public.contacts'::regclass and attgenerated <> ''
            )
        )::text, E'\n' order by listed.contact_id
    ), 'UTF8')), 'hex') as digest
from listed
inner join public.contacts as contacts on listed.contact_id = contacts.id
