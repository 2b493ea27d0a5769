-- A person protects a field, the address or a whole contact from Kajabi: provenance manual, and a note of who and why.
-- `email_subscribed` is no field that Kajabi could write: named, it notes that the person opted out of our emails.
with given as (select kajabi_ledger.clean_email(%(email)s) as email_key, %(field)s::text as field),

protected_contact as (
    select contact_id from kajabi_ledger.contacts_with_email(array[(select email_key from given)])
),

cells as (
    select
        protected_contact.contact_id,
        fields.field
    from unnest(%(managed)s::text[] || 'email_subscribed'::text) as fields (field)
    cross join given
    cross join protected_contact
    where
        (
            given.field = fields.field
            or (given.field = 'address' and fields.field = any(%(address_fields)s::text[]))
            -- a whole contact: its managed fields; an opt-out is said by name
            or (given.field is null and fields.field <> 'email_subscribed')
        )
        -- what this site has no column for needs no protection
        and (
            fields.field = 'email_subscribed'
            or exists (
                select from pg_catalog.pg_attribute
                where
                    attrelid = 'public.contacts'::regclass and attname = fields.field
                    and attnum > 0 and not attisdropped
            )
        )
),

noted as (
    insert into kajabi_ledger.protections (contact_id, field, is_protected, because, recorded_by)
    select contact_id, field, true, %(because)s, %(recorded_by)s from cells
),

marked as (
    insert into kajabi_ledger.contact_field_sources (contact_id, field, source)
    select contact_id, field, 'manual' from cells
    on conflict (contact_id, field) do update
        set source = 'manual', since = statement_timestamp(), run_id = null
)

select
    case
        when not exists (select from protected_contact) then 'no_contact'
        when not exists (select from cells) then 'no_column'
        else 'recorded'
    end as outcome
