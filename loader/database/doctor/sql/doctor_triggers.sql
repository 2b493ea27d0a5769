-- The enabled triggers of contacts, and whether their function's text writes what a merge writes, or contacts itself.
select
    tgname as trigger_name,
    proname as function_name,
    prosecdef as is_owners,
    prosrc ~* (
        'new\.(' || array_to_string(%(planned)s::text[], '|') || '|email|source_system)\s*:?=[^=]'
        '|(update|insert\s+into|delete\s+from)\s+(only\s+)?(public\.)?contacts\M'
    ) as could_interfere,
    prosrc ~* '(insert\s+into|update|delete\s+from)\s+\w+(\.\w+)?\M' and not prosecdef as writes_elsewhere
from pg_catalog.pg_trigger inner join pg_catalog.pg_proc on tgfoid = pg_proc.oid
where tgrelid = to_regclass('public.contacts') and not tgisinternal and tgenabled <> 'D'
order by tgname
