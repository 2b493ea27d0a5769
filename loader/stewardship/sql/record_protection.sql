-- A person protects a field, the address or a whole contact from Kajabi: provenance manual, and a note of who and why.
-- `email_subscribed` is no field that Kajabi could write: named, it notes that the person opted out of our emails.
with given as (select kajabi_ledger.clean_email(%(email)s) as email_key, %(field)s::text as field),

protected_contact as (
    select contact_id from kajabi_ledger.contacts_with_email(array[(select email_key from given)])
),

cells as (
    select
        protected_contact.contact_id,
        policies.field
    from (
        values
        ('first_name', false), ('last_name', false), ('phone', false), ('address_line_1', true),
        ('address_line_2', true), ('city', true), ('state', true), ('postal_code', true), ('country', true),
        ('email_subscribed', false)
    ) as policies (field, is_address)
    cross join given
    cross join protected_contact
    where
        given.field = policies.field
        or (given.field = 'address' and policies.is_address)
        -- a whole contact: its nine fields; an opt-out is said by name
        or (given.field is null and policies.field <> 'email_subscribed')
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
        when not exists (select from cells) then 'unknown_field'
        else 'recorded'
    end as outcome
