-- Whose values met a difference, and how many of them are kept because of it.
select owner_label, owner_class, sum(count_values)::bigint as count_values
from kajabi_guard.field_outcomes
where rule in ('contact_owned_elsewhere', 'field_owned_elsewhere', 'legacy_owner')
group by owner_label, owner_class
order by sum(count_values) desc, owner_label
