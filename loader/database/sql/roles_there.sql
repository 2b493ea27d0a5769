-- Whether the group roles of roles.sql are here, and whether this role owns what they are granted rights to.
select
    (
        select count(*) = 3 from pg_catalog.pg_roles
        where rolname in ('kajabi_guard_loader', 'kajabi_guard_planner', 'kajabi_guard_applier')
    ) as are_there,
    (
        select bool_and(pg_has_role(owner, 'usage'))
        from (
            select relowner as owner from pg_catalog.pg_class where oid = to_regclass('public.contacts')
            union all
            select nspowner from pg_catalog.pg_namespace where nspname in ('kajabi_raw', 'kajabi_ledger')
        ) as owners
    ) as may_grant
