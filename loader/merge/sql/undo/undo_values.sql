-- What a run wrote on contacts that stay, cell by cell. Where the contact still holds it, and nobody wrote the cell
-- since, this run's own list gets the value that stood there before; the answer is what is kept, and why.
with written as (
    select changes.* from kajabi_ledger.field_changes as changes
    where
        changes.run_id = any(%(step_runs)s::bigint[])
        -- what an earlier undo of this run took back is done: whoever wrote it again since has written it themselves
        and not exists (
            select from kajabi_ledger.merge_runs as before
            inner join kajabi_ledger.field_changes as done on before.run_id = done.run_id
            where
                before.undoes_run = changes.run_id and before.status in ('applied', 'undone')
                and (done.contact_id, done.field) = (changes.contact_id, changes.field)
        )
        -- a contact that came or went as a whole is not restored cell by cell
        and not exists (
            select from kajabi_ledger.field_changes as wholly
            where (wholly.run_id, wholly.contact_id, wholly.field) = (changes.run_id, changes.contact_id, 'email')
        )
),

live as (
    select
        contacts.id as contact_id,
        contacts.email::text as email,
        cell.field,
        cell.our_value collate "C" as our_value
    from public.contacts as contacts
    cross join lateral (
        values
        ('first_name', contacts.first_name::text), -- each field
        ('email', contacts.email::text)
    ) as cell (field, our_value)
    where contacts.id in (select contact_id from written)
),

-- a write and the undo of it cancel each other out: the cell is then again as the run left it
later_writes as (
    select
        later.contact_id,
        later.field
    from written
    inner join kajabi_ledger.field_changes as later
        on written.contact_id = later.contact_id and written.field = later.field and written.run_id < later.run_id
    inner join kajabi_ledger.merge_runs as runs on later.run_id = runs.run_id
    group by later.contact_id, later.field, coalesce(runs.about_run, runs.run_id)
    having mod(count(*), 2) = 1
),

-- ids that a redo would give back and that another contact has by now
taken_ids as (
    select
        claims.contact_id,
        claims.field
    from written as claims
    inner join kajabi_ledger.holders_of_keys(
        null,
        (select array_agg(our_value) from written where field = 'kajabi_id'),
        (select array_agg(our_value) from written where field = 'kajabi_member_id')
    ) as holders
        on
            claims.field = holders.key_kind
            and claims.our_value = holders.key_value
            and claims.contact_id <> holders.contact_id
),

judged as (
    select
        written.contact_id,
        written.field,
        written.written_value as our_value,
        written.our_value as restored_value,
        contact.email,
        coalesce(earlier.rule, 'undone') as rule,
        sources.source,
        sources.since,
        sources.run_id as source_run,
        case
            -- blanked by `forget`, and given to nobody: a value that was written has been something before or after
            when written.our_value is null and written.written_value is null then 'erased'
            when contact.contact_id is null then 'gone'
            when live.contact_id is null then 'no_column'
            when (written.contact_id, written.field) in (select * from later_writes) then 'later_run'
            when (live.our_value is distinct from written.written_value) then 'edited'
            when (written.contact_id, written.field) in (select * from taken_ids) then 'key_taken'
            -- a redo writes Kajabi's values: not where somebody has closed the field to them since these were first
            -- written. An older mark had been decided over then
            when %(kind)s = 'redo' and sources.source = 'manual' and sources.since > first_runs.finished_at
                then 'protected'
        end as reason
    from written
    inner join kajabi_ledger.merge_runs as runs on written.run_id = runs.run_id
    left join kajabi_ledger.merge_runs as first_runs on runs.about_run = first_runs.run_id
    left join live as contact on written.contact_id = contact.contact_id and contact.field = 'email'
    left join live on written.contact_id = live.contact_id and written.field = live.field
    left join kajabi_ledger.contact_field_sources as sources
        on written.contact_id = sources.contact_id and written.field = sources.field
    -- a redo writes by the rule of the run that was undone
    left join kajabi_ledger.field_changes as earlier
        on
            runs.undoes_run = earlier.run_id
            and written.contact_id = earlier.contact_id
            and written.field = earlier.field
),

restored as (
    insert into kajabi_ledger.field_changes (
        run_id, contact_id, field, our_value, written_value, rule, old_source, old_since, old_source_run,
        is_source_noted
    )
    select
        %(run_id)s,
        contact_id,
        field,
        our_value,
        restored_value,
        case when %(kind)s = 'undo' then 'undone' else rule end,
        source,
        since,
        source_run,
        true
    from judged
    where reason is null
)

select
    contact_id,
    email,
    field,
    reason
from judged
where reason is not null
order by email, contact_id, field
