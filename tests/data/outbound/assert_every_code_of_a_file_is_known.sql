-- Invariant: consent, and why somebody is left out of a file for Kajabi, are codes that the statements know.
-- It guards the files: a contact with an unknown code would be in none, or in one too many.
with unknown_codes as (
    {{ unknown_codes(ref('sendable_records'), 'consent', 'opted_out unknown subscribed') }}
    union all
    {{ unknown_codes(ref('sendable_records'), 'left_out_because', 'opted_out no_email shared_email held_row') }}
)

select * from unknown_codes
