-- One row per contact at risk and field: what the old import would have done. `is_enriched` is the contact's, as the
-- report counts it; one of its fields is enough.
select
    impact.email,
    old.field,
    old.our_value as ours,
    old.old_import_value as old_import,
    impact.is_enriched,
    old.is_enriched as is_enriched_field,
    impact.is_linked_to_paypal,
    impact.is_linked_to_zoho
from kajabi_guard.old_import_values as old
inner join kajabi_guard.import_impact as impact on old.contact_id = impact.contact_id
inner join kajabi_guard.field_policies as policies on old.field = policies.field
order by impact.is_enriched desc, impact.email asc, policies.position asc
