-- An email as a key, as before: trimmed, composed, lower case. Text of ASCII characters only is composed already, and
-- composing it again took nine tenths of the time: half a minute of a plan at a million contacts.
create or replace function kajabi_ledger.clean_email(value text) returns text
language sql immutable parallel safe
return lower(
    case
        when octet_length(value) = char_length(value) then kajabi_ledger.trim_text(value)
        else normalize(kajabi_ledger.trim_text(value), NFC)
    end
);
