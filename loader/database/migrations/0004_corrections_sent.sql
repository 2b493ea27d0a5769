-- What was written into files for Kajabi, and what became of it. Run by `kajabi-guard init` as the owner.

-- One row per `export`: which files went out, how many people were in them, by whom. No value of a person.
create table kajabi_ledger.exports_made (
    export_id bigint generated always as identity primary key,
    kind text not null check (kind in ('corrections', 'new-contacts', 'full')),
    load_id bigint not null,
    -- the folder's own name, without its path
    folder text not null,
    count_rows bigint not null,
    count_files bigint not null,
    made_at timestamptz not null default now(),
    made_by text not null
);

-- One row per contact and field that was sent to Kajabi as a correction: the newest one counts.
-- No foreign key to contacts: the organisation may delete a contact without asking this ledger.
create table kajabi_ledger.corrections_sent (
    contact_id uuid not null,
    -- one of the nine fields, or `name`: Kajabi's importer wants a single name
    field text not null,
    value_sent text not null,
    -- what Kajabi had when it was sent; null: nothing. It tells what has not arrived from what was changed meanwhile
    kajabi_value text,
    export_id bigint not null references kajabi_ledger.exports_made (export_id),
    sent_at timestamptz not null default now(),
    sent_by text not null,
    primary key (contact_id, field)
);

create index corrections_sent_of_export on kajabi_ledger.corrections_sent (export_id);

-- Each contact's `email_subscribed` as it is now, where this site has the column; no row where it has not.
-- Written as a string for the column that this site has, so that nothing depends on it. Live, not the picture of the
-- plan: who opts out after the plan was made must not be in a file.
create function kajabi_ledger.email_subscriptions() returns table (contact_id uuid, email_subscribed text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pg_attribute
        where attrelid = 'public.contacts'::regclass and attname = 'email_subscribed' and not attisdropped
    ) then
        return query execute 'select c.id, lower(c.email_subscribed::text) from public.contacts as c';
    end if;
end
$$;

-- The default of a column of contacts, as PostgreSQL writes it; null where it has none.
create function kajabi_ledger.default_of_column(column_name text) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid)
    from pg_attribute
    inner join pg_attrdef
        on pg_attribute.attrelid = pg_attrdef.adrelid and pg_attribute.attnum = pg_attrdef.adnum
    where
        pg_attribute.attrelid = 'public.contacts'::regclass
        and pg_attribute.attname = column_name
        and pg_attribute.attgenerated = ''
        and not pg_attribute.attisdropped
$$;

revoke all on all functions in schema kajabi_ledger from public;
