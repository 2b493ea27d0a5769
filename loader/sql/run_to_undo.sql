-- A run, the run that took it back, the one that took that back, and so on: the last one stands.
with recursive chain as (
    select * from kajabi_ledger.merge_runs where run_id = %(run_id)s
    union all
    select later.*
    from chain
    inner join kajabi_ledger.merge_runs as later
        on chain.run_id = later.undoes_run and later.status in ('applied', 'undone')
)

select
    chain.run_id,
    chain.status,
    chain.kind,
    chain.undoes_run,
    coalesce(chain.about_run, chain.run_id) as about_run,
    chain.fingerprint,
    chain.load_id,
    chain.policy_version,
    chain.is_partial,
    chain.inserted_contacts,
    chain.removed_contacts,
    (
        select max(standing.run_id) from kajabi_ledger.merge_runs as standing
        where standing.fingerprint = chain.fingerprint and standing.status = 'applied' and standing.kind <> 'undo'
    ) as plan_stands_as
from chain
order by chain.run_id
