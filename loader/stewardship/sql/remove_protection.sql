-- A person takes the protection of a field, the address or a whole contact away, and a note of who and why is kept.
with given as (select kajabi_ledger.clean_email(%(email)s) as email_key, %(field)s::text as field),

protected_contact as (
    select contact_id from kajabi_ledger.contacts_with_email(array[(select email_key from given)])
),

unmarked as (
    delete from kajabi_ledger.contact_field_sources as sources
    using given, protected_contact
    where
        sources.contact_id = protected_contact.contact_id
        and sources.source = 'manual'
        and (
            -- an opt-out is taken back by name only, never along with a whole contact
            (given.field is null and sources.field <> 'email_subscribed')
            or sources.field = given.field
            or (
                given.field = 'address'
                and sources.field = any(%(address_fields)s::text[])
            )
        )
    returning sources.contact_id, sources.field
),

noted as (
    insert into kajabi_ledger.protections (contact_id, field, is_protected, because, recorded_by)
    select contact_id, field, false, %(because)s, %(recorded_by)s from unmarked
)

select
    case
        when not exists (select from protected_contact) then 'no_contact'
        when not exists (select from unmarked) then 'not_protected'
        else 'recorded'
    end as outcome
