-- Whether a value is the one that a person saw in a list, which has been through a spreadsheet since. Run by
-- `kajabi-guard init` as the owner.

-- A spreadsheet drops the blanks around a text, takes 02134 for a number and saves 2134: it is the value that was seen.
create function kajabi_ledger.is_as_seen(value text, seen text) returns boolean
language sql immutable parallel safe
return kajabi_ledger.trim_text(value) is not distinct from kajabi_ledger.trim_text(seen)
or coalesce(value ~ '^[0-9]+$' and ltrim(value, '0') = ltrim(seen, '0'), false);

revoke all on function kajabi_ledger.is_as_seen(text, text) from public;
