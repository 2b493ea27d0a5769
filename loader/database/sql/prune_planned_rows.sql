-- The copies of the plans of runs that ended long ago; what was written stays in field_changes. The newest plan that
-- stands keeps its copy: contacts that it inserted can still be found. An undo has no plan, a redo makes one stand
-- again.
with pruned as (
    delete from kajabi_ledger.planned_rows
    where
        run_id in (
            select run_id from kajabi_ledger.merge_runs
            where
                finished_at < now() - make_interval(days => %(days)s)
                and run_id is distinct from (
                    select max(coalesce(standing.about_run, standing.run_id))
                    from kajabi_ledger.merge_runs as standing
                    where standing.status = 'applied' and standing.kind <> 'undo'
                )
        )
    returning *
),

-- whoever is forgotten later must be found in field_changes all the same
remembered as (
    insert into kajabi_ledger.pruned_keys (contact_id, key_digest)
    select distinct
        pruned.contact_id,
        kajabi_ledger.key_digest(salts.salt, keys.key_kind, keys.key_value)
    from pruned
    cross join kajabi_ledger.erasure_salt as salts
    cross join lateral (
        values
        ('email', kajabi_ledger.clean_email(pruned.email)),
        ('email', kajabi_ledger.clean_email(pruned.contact_as_seen ->> 'email')),
        ('kajabi_id', kajabi_ledger.trim_text(pruned.kajabi_id)),
        ('kajabi_id', kajabi_ledger.trim_text(pruned.contact_as_seen ->> 'kajabi_id'))
    ) as keys (key_kind, key_value)
    where keys.key_value is not null
    on conflict do nothing
)

select
    count(*) as count_rows,
    count(distinct run_id) as count_runs
from pruned
