-- The contacts table of the synthetic organisation, shaped like the real one (docs/flow.md), trigger included.
create extension if not exists citext;

create table public.contacts (
    id uuid primary key default gen_random_uuid(),
    email citext not null unique,
    first_name text,
    last_name text,
    phone text,
    address_line_1 text,
    address_line_2 text,
    city text,
    state text,
    postal_code text,
    country text,
    source_system text not null,
    kajabi_id text,
    kajabi_member_id text,
    paypal_email citext,
    paypal_first_name text,
    paypal_last_name text,
    paypal_phone text,
    zoho_id text,
    zoho_email text,
    ticket_tailor_id text,
    phone_source text,
    billing_address_source text,
    shipping_address_line_1 text,
    shipping_address_line_2 text,
    shipping_city text,
    shipping_state text,
    shipping_postal_code text,
    shipping_country text,
    shipping_address_source text,
    additional_email text,
    email_subscribed boolean default false,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

comment on table public.contacts is 'synthetic organisation of kajabi-guard: invented people only';

create function public.touch_updated_at() returns trigger
language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;

create trigger contacts_touch before update on public.contacts
for each row execute function public.touch_updated_at();
