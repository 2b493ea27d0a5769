-- Whether the contacts here are a practice table of invented people, which says so in its comment.
select
    coalesce(obj_description(to_regclass('public.contacts'), 'pg_class'), '')
    like 'synthetic organisation of kajabi-guard%' as are_invented
