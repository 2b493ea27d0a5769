-- What people decide, what waits for them, and which guards they overrode. Run by `kajabi-guard init` as the owner.

-- One row per decision of a person: for one contact and field (or its address as a unit), and for exactly the values
-- that Kajabi had then. The newest one of a contact and field counts.
create table kajabi_ledger.decisions_taken (
    decision_id bigint generated always as identity primary key,
    contact_id uuid not null,
    field text not null,
    verdict text not null check (verdict in ('ours', 'kajabi')),
    incoming_values jsonb not null,
    -- ours, as the person saw it: their word for Kajabi's value is none on a value that somebody gave later
    present_values jsonb,
    -- the newest run then: what a later run has carried out is done, and not done again
    after_run bigint not null default 0,
    because text not null,
    decided_at timestamptz not null default now(),
    decided_by text not null
);

create index decisions_taken_of_contact on kajabi_ledger.decisions_taken (contact_id, field, decision_id);

-- One row per contact and field that waits for a person. It keeps the base that it was opened with: the last accepted
-- export moves on every week, and the conflict must not vanish with it.
create table kajabi_ledger.open_conflicts (
    contact_id uuid not null,
    field text not null,
    rule text not null,
    incoming_value text,
    present_value text,
    base_value text,
    was_in_base boolean not null,
    opened_by_run bigint not null references kajabi_ledger.merge_runs (run_id),
    opened_at timestamptz not null default now(),
    primary key (contact_id, field)
);

-- One row per time that a person protected a contact's field or took the protection away.
-- What is protected now are the rows of contact_field_sources whose source is manual.
create table kajabi_ledger.protections (
    protection_id bigint generated always as identity primary key,
    contact_id uuid not null,
    field text not null,
    is_protected boolean not null,
    because text not null,
    recorded_at timestamptz not null default now(),
    recorded_by text not null
);

-- One row per held export row that a person settled; it holds until the row's id, email, name or phone changes.
create table kajabi_ledger.settlements (
    settlement_id bigint generated always as identity primary key,
    row_key text not null,
    verdict text not null check (verdict in ('same_as', 'new', 'ignore')),
    contact_id uuid,
    because text not null,
    settled_at timestamptz not null default now(),
    settled_by text not null,
    check ((verdict = 'same_as') = (contact_id is not null))
);

create index settlements_of_row on kajabi_ledger.settlements (row_key, settlement_id);

-- One row per guard that was red at a write and that a person overrode.
create table kajabi_ledger.guard_overrides (
    run_id bigint not null references kajabi_ledger.merge_runs (run_id),
    guard text not null,
    violations bigint not null,
    because text not null,
    primary key (run_id, guard)
);

-- Who an export row is about, as far as a settlement goes.
create function kajabi_ledger.row_key(kajabi_id text, email_key text, first_name text, last_name text, phone text)
returns text
language sql immutable parallel safe
return encode(
    sha256(convert_to(jsonb_build_array(kajabi_id, email_key, first_name, last_name, phone)::text, 'UTF8')), 'hex'
);

-- Merges that the organisation recorded itself, in a table contacts_merge_backup (email, and the survivor's id in one
-- of the columns that such scripts use), where this site has one.
create function kajabi_ledger.merge_backup()
returns table (old_email text, old_kajabi_id text, survivor_contact_id uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found_columns text[] := array(
        select attname::text from pg_attribute
        where attrelid = to_regclass('public.contacts_merge_backup') and attnum > 0 and not attisdropped
    );
    survivor_column text := (
        select candidate
        from unnest(array[
            'survivor_id', 'survivor_contact_id', 'merged_into', 'merged_into_id', 'kept_contact_id',
            'primary_contact_id', 'target_contact_id'
        ]) with ordinality as listed (candidate, position)
        where candidate = any(found_columns)
        order by position limit 1
    );
begin
    if survivor_column is null or not 'email' = any(found_columns) then
        return;
    end if;
    return query execute format(
        'select b.email::text, %s, b.%I::text::uuid from public.contacts_merge_backup as b',
        case when 'kajabi_id' = any(found_columns) then 'b.kajabi_id::text' else 'null::text' end,
        survivor_column
    );
end
$$;

revoke all on all functions in schema kajabi_ledger from public;
