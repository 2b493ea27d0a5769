-- Keys are cleaned and looked up at the cost of what is asked. Run by `kajabi-guard init` as the owner.

-- An email as a key: trimmed, composed, lower case. Dots and +tags stay: they can tell two people apart.
-- Always call it with email::text: comparing citext itself becomes case-sensitive without a word
-- when the extension's schema is not on the search path.
-- Text of single bytes is composed as it is; asking `normalize` costs more than all the rest of a million emails.
create or replace function kajabi_ledger.clean_email(value text) returns text
language sql immutable parallel safe
return lower(
    case
        when octet_length(value) = char_length(value) then kajabi_ledger.trim_text(value)
        else normalize(kajabi_ledger.trim_text(value), NFC)
    end
);

-- Who holds one of these keys now: an email of any kind (further emails of living contacts only), a Kajabi id, a member
-- id. One scan of contacts, and none where no key is asked for. Written as a string for the columns that this site has,
-- so that nothing depends on them.
create or replace function kajabi_ledger.holders_of_keys(email_keys text[], kajabi_ids text[], member_ids text[])
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
    held text; -- the keys of a contact that are asked for, each with its kind: a list of values
    is_holder text;
begin
    if not coalesce(cardinality(email_keys || kajabi_ids || member_ids) > 0, false) then
        return;
    end if;
    select
        string_agg(format('(%L, %s)', asked.key_kind, own_key.key_value), ', '),
        string_agg(format('%s = any($%s)', own_key.key_value, asked.parameter), ' or ')
    into held, is_holder
    from (
        values
        ('email', 1, 'email', email_keys),
        ('email', 1, 'paypal_email', email_keys),
        ('email', 1, 'zoho_email', email_keys),
        ('email', 1, 'additional_email', email_keys),
        ('kajabi_id', 2, 'kajabi_id', kajabi_ids),
        ('kajabi_member_id', 3, 'kajabi_member_id', member_ids)
    ) as asked (key_kind, parameter, column_name, keys)
    cross join lateral (
        select case
            when asked.key_kind <> 'email' then format('kajabi_ledger.trim_text(c.%I::text)', asked.column_name)
            when asked.column_name = 'email' then 'kajabi_ledger.clean_email(c.email::text)'
            else format('case when %s then kajabi_ledger.clean_email(c.%I::text) end', is_living, asked.column_name)
        end as key_value
    ) as own_key
    where asked.column_name = any(found_columns) and cardinality(asked.keys) > 0;

    if held is not null then
        return query execute format(
            'select c.id, held.key_kind, held.key_value '
            'from public.contacts as c cross join lateral (values %s) as held (key_kind, key_value) '
            'where (%s) and case held.key_kind '
            '    when ''email'' then held.key_value = any($1) '
            '    when ''kajabi_id'' then held.key_value = any($2) '
            '    else held.key_value = any($3) '
            'end',
            held, is_holder
        ) using email_keys, kajabi_ids, member_ids;
    end if;
    if cardinality(email_keys) > 0 then
        return query execute format(
            'select c.id, ''email'', kajabi_ledger.clean_email(e.email) from kajabi_ledger.contact_emails() as e '
            'inner join public.contacts as c on e.contact_id = c.id '
            'where kajabi_ledger.clean_email(e.email) = any($1) and (%s)',
            is_living
        ) using email_keys;
    end if;
end
$$;

-- What a plan is, in 64 hexadecimal digits: its inputs and every planned row, in any order.
-- jsonb text does not depend on session settings here, because every value in it is text.
-- `materialized`: each row becomes text once, to be sorted and to be digested.
create or replace function kajabi_ledger.plan_fingerprint(inputs jsonb, planned_rows jsonb[]) returns text
language sql immutable parallel safe
return (
    with texts as materialized (
        select planned_row::text as row_text from unnest(planned_rows) as planned_row
    )

    select encode(sha256(convert_to(inputs::text || E'\n' || coalesce(rows_as_text, ''), 'UTF8')), 'hex')
    from (
        select string_agg(row_text, E'\n' order by row_text collate "C") as rows_as_text from texts
    ) as listed
);
