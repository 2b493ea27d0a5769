-- The handoff's three verification counts: contacts with a PayPal name, a phone and an address that others gave; and in
-- the same scan how many contacts there are, and how many this transaction wrote, whoever asked for it: triggers
-- included. Nobody else can write under our lock, so what is not older than this transaction is its own, its
-- subtransactions' included.
-- A marker `if contacts.x` stands on its column's line, however long that gets.
-- noqa: disable=LT05
select
    count(*) filter (where btrim(paypal_first_name) <> '') as paypal_first_name, -- if contacts.paypal_first_name
    count(*) filter (where btrim(phone_source) <> '' and not starts_with(lower(btrim(phone_source)), 'kajabi')) as phone_source, -- if contacts.phone_source
    count(*) filter (where btrim(billing_address_source) <> '' and not starts_with(lower(btrim(billing_address_source)), 'kajabi')) as billing_address_source, -- if contacts.billing_address_source
    count(*) filter (where age(contacts.xmin) <= 0) as touched_contacts,
    count(*) as contacts
from public.contacts
