-- The three schemas of kajabi-guard, the raw exports and the ledger.
-- Run by `kajabi-guard init` as the owner, in one transaction. `public.contacts` is not touched.
-- dbt owns everything inside kajabi_guard; drop that schema and nothing is lost.

create schema kajabi_raw;
create schema kajabi_ledger;
create schema kajabi_guard;

revoke all on schema kajabi_raw, kajabi_ledger, kajabi_guard from public;

-- Which migrations this database has had.
create table kajabi_ledger.schema_migrations (
    migration text primary key,
    applied_at timestamptz not null default now(),
    applied_by text not null default session_user
);

-- Which database this is. Part of every fingerprint, so that a plan read on one database is not applied to another.
create table kajabi_ledger.database_identity (
    is_only_row boolean primary key default true check (is_only_row),
    identity uuid not null default gen_random_uuid(),
    made_at timestamptz not null default now()
);

insert into kajabi_ledger.database_identity default values;


-- One row per export file loaded.
create table kajabi_raw.loads (
    load_id bigint generated always as identity primary key,
    file_name text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    byte_count bigint not null,
    row_count bigint not null check (row_count > 0),
    encoding text not null,
    header text[] not null,
    mapped_columns jsonb not null,
    unmapped_columns text[] not null,
    columns_version text not null,
    loaded_at timestamptz not null default now(),
    loaded_by text not null,
    -- the highest newest_rank is the load that plans are made from; null: only ever declared as base
    newest_rank bigint,
    -- the highest base_rank is the export that we last accepted
    base_rank bigint,
    base_how text check (base_how in ('applied', 'declared')),
    base_at timestamptz,
    unique (sha256, encoding, columns_version),
    check ((base_rank is null) = (base_how is null))
);

create sequence kajabi_raw.load_ranks;

-- One row per record of an export: mapped columns only, as text, exactly as the file has them.
create table kajabi_raw.contact_rows (
    load_id bigint not null references kajabi_raw.loads (load_id) on delete cascade,
    row_number bigint not null,
    kajabi_id text,
    kajabi_member_id text,
    email text,
    full_name text,
    first_name text,
    last_name text,
    phone_number text,
    mobile_phone_number text,
    phone text,
    address_line_1 text,
    address_line_2 text,
    city text,
    state text,
    postal_code text,
    country text,
    kajabi_created_at text,
    products text,
    tags text,
    primary key (load_id, row_number)
);


-- One row per attempt to write.
create table kajabi_ledger.merge_runs (
    run_id bigint generated always as identity primary key,
    -- chosen by the client before it commits: after a lost reply it asks for this token
    run_token uuid not null unique,
    -- writing: only inside the transaction of the write, which ends as applied or not at all
    status text not null check (status in ('writing', 'applied', 'refused')),
    fingerprint text not null,
    load_id bigint not null,
    policy_version text,
    is_partial boolean not null default false,
    updated_contacts bigint not null default 0,
    inserted_contacts bigint not null default 0,
    values_written bigint not null default 0,
    links_written bigint not null default 0,
    enriched_before jsonb,
    enriched_after jsonb,
    refusal text,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    done_by text not null,
    database_role text not null default session_user
);

create unique index merge_runs_applied_once on kajabi_ledger.merge_runs (fingerprint) where status = 'applied';

-- One row per contact of an applied plan: the very copy that was fingerprinted and merged.
create table kajabi_ledger.planned_rows (
    run_id bigint not null references kajabi_ledger.merge_runs (run_id),
    action text not null check (action in ('update', 'insert')),
    contact_id uuid not null,
    row_number bigint not null,
    email text,
    first_name text,
    last_name text,
    phone text,
    address_line_1 text,
    address_line_2 text,
    city text,
    state text,
    postal_code text,
    country text,
    kajabi_id text,
    kajabi_member_id text,
    field_rules jsonb not null,
    contact_as_seen jsonb,
    primary key (run_id, contact_id),
    check ((action = 'update') = (contact_as_seen is not null))
);

-- One row per value written.
create table kajabi_ledger.field_changes (
    run_id bigint not null references kajabi_ledger.merge_runs (run_id),
    contact_id uuid not null,
    field text not null,
    old_value text,
    new_value text,
    rule text not null,
    primary key (run_id, contact_id, field)
);

-- One row per contact and field: who gave the value (field-level provenance). No foreign key to contacts:
-- the organisation may delete a contact without asking this ledger.
create table kajabi_ledger.contact_field_sources (
    contact_id uuid not null,
    field text not null,
    source text not null,
    since timestamptz not null default now(),
    run_id bigint references kajabi_ledger.merge_runs (run_id),
    primary key (contact_id, field)
);

-- One row per email or Kajabi id that was merged away, with the contact that survived.
create table kajabi_ledger.known_duplicates (
    duplicate_id bigint generated always as identity primary key,
    old_email text unique,
    old_kajabi_id text unique,
    survivor_contact_id uuid not null,
    survivor_email text not null,
    recorded_at timestamptz not null default now(),
    recorded_by text not null,
    because text,
    check (old_email is not null or old_kajabi_id is not null)
);

-- One row per time that somebody said: nobody was ever merged away here.
create table kajabi_ledger.duplicates_declared_none (
    declared_at timestamptz not null default now(),
    declared_by text not null,
    because text not null
);

-- What the next plan is restricted to. No row: everything. `plan` sets it, `load` empties it.
create table kajabi_ledger.plan_scope (
    only_email text unique,
    first_count bigint,
    check ((only_email is null) <> (first_count is null))
);


-- Text without white space around it; null when nothing is left. btrim alone keeps no-break and zero-width
-- spaces, and a cell that only looks blank would then count as somebody's value.
create function kajabi_ledger.trim_text(value text) returns text
language sql immutable parallel safe
return nullif(
    btrim(
        value,
        E' \t\n\u000B\f\r\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008'
        '\u2009\u200A\u200B\u200C\u200D\u2028\u2029\u202F\u205F\u2060\u3000\uFEFF'
    ),
    ''
);

-- An email as a key: trimmed, composed, lower case. Dots and +tags stay: they can tell two people apart.
-- Always call it with email::text: comparing citext itself becomes case-sensitive without a word
-- when the extension's schema is not on the search path.
create function kajabi_ledger.clean_email(value text) returns text
language sql immutable parallel safe
return lower(normalize(kajabi_ledger.trim_text(value), NFC));

-- Other emails of contacts from a `contact_emails (contact_id, email)` table, where this site has one.
create function kajabi_ledger.contact_emails() returns table (contact_id uuid, email text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if (
        select count(*) = 2
        from pg_attribute
        where attrelid = to_regclass('public.contact_emails')
            and attname in ('contact_id', 'email')
            and not attisdropped
    ) then
        return query execute 'select c.contact_id::uuid, c.email::text from public.contact_emails as c';
    end if;
end
$$;

-- The contacts that have one of these emails now. The body is a string on purpose: a view that calls it does not
-- depend on the columns of contacts, so the organisation can still change them.
create function kajabi_ledger.contacts_with_email(email_keys text[])
returns table (contact_id uuid, email_key text)
language sql stable
as $$
    select c.id, kajabi_ledger.clean_email(c.email::text)
    from public.contacts as c
    where kajabi_ledger.clean_email(c.email::text) = any(email_keys)
$$;

-- Who holds one of these keys now: an email of any kind (further emails of living contacts only), a Kajabi id, a member
-- id. Written as a string for the columns that this site has, so that nothing depends on them.
create function kajabi_ledger.holders_of_keys(email_keys text[], kajabi_ids text[], member_ids text[])
returns table (contact_id uuid, key_kind text, key_value text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found_columns text[] := array(
        select attname::text from pg_attribute
        where attrelid = 'public.contacts'::regclass and attnum > 0 and not attisdropped
    );
    is_living text := case when 'deleted_at' = any(found_columns) then 'c.deleted_at is null' else 'true' end;
    email_column text;
begin
    foreach email_column in array array['email', 'paypal_email', 'zoho_email', 'additional_email'] loop
        continue when not email_column = any(found_columns);
        return query execute format(
            'select c.id, ''email'', kajabi_ledger.clean_email(c.%1$I::text) from public.contacts as c '
            'where kajabi_ledger.clean_email(c.%1$I::text) = any($1) and (%2$s)',
            email_column, case when email_column = 'email' then 'true' else is_living end
        ) using email_keys;
    end loop;
    return query execute format(
        'select c.id, ''email'', kajabi_ledger.clean_email(e.email) from kajabi_ledger.contact_emails() as e '
        'inner join public.contacts as c on e.contact_id = c.id '
        'where kajabi_ledger.clean_email(e.email) = any($1) and (%s)',
        is_living
    ) using email_keys;
    if 'kajabi_id' = any(found_columns) then
        return query execute
            'select c.id, ''kajabi_id'', kajabi_ledger.trim_text(c.kajabi_id::text) from public.contacts as c '
            'where kajabi_ledger.trim_text(c.kajabi_id::text) = any($1)' using kajabi_ids;
    end if;
    if 'kajabi_member_id' = any(found_columns) then
        return query execute
            'select c.id, ''kajabi_member_id'', kajabi_ledger.trim_text(c.kajabi_member_id::text) '
            'from public.contacts as c where kajabi_ledger.trim_text(c.kajabi_member_id::text) = any($1)'
            using member_ids;
    end if;
end
$$;

-- What a plan is, in 64 hexadecimal digits: its inputs and every planned row, in any order.
-- jsonb text does not depend on session settings here, because every value in it is text.
create function kajabi_ledger.plan_fingerprint(inputs jsonb, planned_rows jsonb[]) returns text
language sql immutable parallel safe
return (
    select encode(sha256(convert_to(inputs::text || E'\n' || coalesce(rows_as_text, ''), 'UTF8')), 'hex')
    from (
        select string_agg(planned_row::text, E'\n' order by planned_row::text collate "C") as rows_as_text
        from unnest(planned_rows) as planned_row
    ) as listed
);

revoke all on all functions in schema kajabi_ledger from public;
