-- That a run wrote to somebody stays, so that its counts are true; who it was and what was written goes. The number of
-- the record goes as well: with the file it would lead back to the person.
update kajabi_ledger.planned_rows as planned
set
    contact_id = nobody.nobody_id,
    row_number = 0,
    email = null,
    first_name = null, -- each field
    contact_as_seen = case planned.action when 'update' then '{}'::jsonb end
from unnest(%(contact_ids)s::uuid[], %(nobody_ids)s::uuid[]) as nobody (contact_id, nobody_id)
where planned.contact_id = nobody.contact_id
