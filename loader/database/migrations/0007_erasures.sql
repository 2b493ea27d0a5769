-- Who was erased from the tables of this tool, without saying who. Run by `kajabi-guard init` as the owner.

-- One row per time that a person was erased here: the proof that it was done. No value, no email, no id stands in it.
create table kajabi_ledger.erasures (
    erasure_id bigint generated always as identity primary key,
    -- salted digests of the person's emails and Kajabi ids: as long as Kajabi has the person, their row is held
    key_digests text[] not null,
    -- rows erased, blanked or cleaned, per table
    row_counts jsonb not null,
    because text not null,
    erased_at timestamptz not null default now(),
    erased_by text not null,
    database_role text not null default session_user
);

-- What the digests are salted with, so that no list of digests made elsewhere fits. Whoever may read this table can
-- still try an email that they know already: that is the price of not letting the person in again.
create table kajabi_ledger.erasure_salt (
    is_only_row boolean primary key default true check (is_only_row),
    salt uuid not null default gen_random_uuid()
);

insert into kajabi_ledger.erasure_salt default values;

revoke all on kajabi_ledger.erasures, kajabi_ledger.erasure_salt from public;

-- A key of a person (an email, a Kajabi id) as an erasure remembers it.
create function kajabi_ledger.key_digest(salt uuid, key_kind text, key_value text) returns text
language sql immutable parallel safe
return encode(sha256(convert_to(jsonb_build_array(salt::text, key_kind, key_value)::text, 'UTF8')), 'hex');

-- Where one of these keys stands in a text, as a pattern: a key inside of a longer word is another one.
create function kajabi_ledger.keys_pattern(keys text[]) returns text
language sql immutable parallel safe
return (
    select
        '(?<![[:alnum:]._%+@-])('
        || string_agg(
            regexp_replace(key_value, '([^[:alnum:]@_-])', '\\\1', 'g'), '|' order by length(key_value) desc, key_value
        )
        -- a dot goes on to a longer domain, unless it ends a sentence or begins the ending of a file
        || ')(?![[:alnum:]@_%+-]|\.(?!csv)[[:alnum:]])'
    from unnest(keys) as listed (key_value)
);

-- The tables of the raw exports and of the ledger.
create function kajabi_ledger.own_tables() returns table (table_id regclass, table_name text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select c.oid::regclass, c.relname::text
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname in ('kajabi_raw', 'kajabi_ledger') and c.relkind in ('r', 'p')
    order by n.nspname, c.relname
$$;

-- Delete what names one of these contacts in the tables that no statement of the loader knows: those of later versions
-- are found by their column.
create function kajabi_ledger.erase_elsewhere(contact_ids uuid[], known_tables text[])
returns table (table_name text, count_rows bigint)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
begin
    for found in
        select o.table_id, o.table_name
        from kajabi_ledger.own_tables() as o
        inner join pg_attribute as a on o.table_id = a.attrelid
        where a.attname = 'contact_id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
            and not o.table_name = any(known_tables)
    loop
        execute format('delete from %s where contact_id = any($1)', found.table_id) using contact_ids;
        get diagnostics count_rows = row_count;
        table_name := found.table_name;
        return next;
    end loop;
end
$$;

-- Put '(erased)' in the place of these keys in every text of the tables: in what people wrote about somebody else, in
-- a refusal, in the name of a file. `further_keys` only in what people and refusals say: a number can be anything else
-- in another column.
create function kajabi_ledger.clean_texts(keys text[], further_keys text[])
returns table (table_name text, count_rows bigint)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
    is_named boolean;
    all_keys text := kajabi_ledger.keys_pattern(keys || further_keys);
    sure_keys text := kajabi_ledger.keys_pattern(keys);
    pattern text;
begin
    for found in
        select
            o.table_id, o.table_name, a.attname::text as column_name, format_type(a.atttypid, a.atttypmod) as type_name,
            a.attname in ('because', 'refusal', 'file_name') as is_said,
            lag(o.table_id) over () is distinct from o.table_id as is_first
        from kajabi_ledger.own_tables() as o
        inner join pg_attribute as a on o.table_id = a.attrelid
        where a.attnum > 0 and not a.attisdropped
            and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype, 'json'::regtype)
    loop
        if found.is_first then
            execute format('select exists (select from %s as t where normalize(t::text, NFC) ~* $1)', found.table_id)
                into is_named using all_keys;
        end if;
        continue when not is_named;
        pattern := case when found.is_said then all_keys else sure_keys end;
        execute format(
            'update %1$s set %2$I = regexp_replace(normalize(%2$I::text, NFC), $1, ''(erased)'', ''gi'')::%3$s '
            'where normalize(%2$I::text, NFC) ~* $1',
            found.table_id, found.column_name, found.type_name
        ) using pattern;
        get diagnostics count_rows = row_count;
        table_name := found.table_name;
        if count_rows > 0 then
            return next;
        end if;
    end loop;
end
$$;

-- The tables in which one of these keys still stands, in whatever column.
create function kajabi_ledger.tables_with_keys(keys text[]) returns table (table_name text, count_rows bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
    pattern text := kajabi_ledger.keys_pattern(keys);
begin
    for found in select o.table_id, o.table_name from kajabi_ledger.own_tables() as o loop
        execute format('select count(*) from %s as t where normalize(t::text, NFC) ~* $1', found.table_id)
            into count_rows using pattern;
        table_name := found.table_name;
        if count_rows > 0 then
            return next;
        end if;
    end loop;
end
$$;

-- PostgreSQL keeps samples of the values of a column for its planner: taken again, without who was erased. (A table in
-- which nothing is left keeps its last sample until there are rows in it again.)
create function kajabi_ledger.renew_statistics() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
begin
    for found in select o.table_id from kajabi_ledger.own_tables() as o loop
        execute format('analyze %s', found.table_id);
    end loop;
end
$$;

-- Drop everything that dbt has built, with what a comparison or a stored failure left behind: it holds copies of the
-- contacts and of the export. The schemas stay, with whoever may create in them; `plan` builds everything again.
create function kajabi_ledger.drop_derived() returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
    count_dropped bigint := 0;
begin
    for found in
        select format('%I.%I', n.nspname, c.relname) as name, c.relkind
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname in ('kajabi_guard', 'kajabi_guard_comparison', 'kajabi_guard_dbt_test__audit')
            and c.relkind in ('r', 'v', 'm')
    loop
        -- gone already with another one that it was built on
        continue when to_regclass(found.name) is null;
        execute format(
            'drop %s %s cascade',
            case found.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, found.name
        );
        count_dropped := count_dropped + 1;
    end loop;
    return count_dropped;
end
$$;

revoke all on all functions in schema kajabi_ledger from public;
