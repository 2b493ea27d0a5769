-- That a value was written by this rule stays; whose it was and what it said goes.
update kajabi_ledger.field_changes as changes
set contact_id = nobody.nobody_id, our_value = null, written_value = null
from unnest(%(contact_ids)s::uuid[], %(nobody_ids)s::uuid[]) as nobody (contact_id, nobody_id)
where changes.contact_id = nobody.contact_id
