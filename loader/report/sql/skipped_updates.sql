-- One row per value of Kajabi's that is not taken; what needs a person comes first.
select
    needs_review,
    email,
    field,
    our_value as present_value,
    kajabi_value as incoming_value,
    rule,
    label,
    owner_label
from kajabi_guard.rejected_updates
order by needs_review desc, rule asc, email asc, field asc
