-- What this plan does with the very values that the old import would have changed: leaves ours, fills a blank, or takes
-- Kajabi's.
select
    count(*) filter (where planned.action is null) as kept,
    count(*) filter (where planned.action = 'fill') as filled,
    count(*) filter (where planned.action = 'update') as updated
from kajabi_guard.old_import_values as old_import
left join kajabi_guard.planned_cells as planned
    on old_import.contact_id = planned.contact_id and old_import.field = planned.field
