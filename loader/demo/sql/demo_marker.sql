-- Whether the contacts table here was made by the demo (its comment says so), or is somebody's; and whether the demo
-- was told here to its end. A demo that was interrupted begins again.
with marked as (
    select
        to_regclass('public.contacts') as contacts,
        coalesce(obj_description(to_regclass('public.contacts'), 'pg_class'), '') as says
)

select
    contacts is null or says like 'synthetic organisation%' as is_ours,
    says like '%the demo was told' as is_told
from marked
