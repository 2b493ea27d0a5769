-- Whether the contacts table here was made by the demo (its comment says so), or is somebody's.
select
    to_regclass('public.contacts') is null
    or coalesce(obj_description(to_regclass('public.contacts'), 'pg_class'), '') like 'synthetic organisation%'
        as is_ours
