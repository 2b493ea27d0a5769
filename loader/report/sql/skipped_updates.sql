-- One row per value of Kajabi's that is not taken; what needs a person comes first.
select
    needs_review,
    email,
    field,
    present_value,
    incoming_value,
    rule,
    label,
    owner_label
from kajabi_guard.rejected_updates
order by needs_review desc, rule asc, email asc, field asc
