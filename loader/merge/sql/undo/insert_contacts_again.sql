-- Insert again what an undo removed, under the same id, where nobody has the email or a Kajabi id by now and nobody was
-- merged away under them since; the answer is what is left out, and why.
with removed as (
    select
        changes.contact_id,
        jsonb_object_agg(changes.field, changes.our_value) as cells
    from kajabi_ledger.field_changes as changes
    where
        changes.run_id = any(%(step_runs)s::bigint[])
        and exists (
            select from kajabi_ledger.field_changes as wholly
            where (wholly.run_id, wholly.contact_id, wholly.field) = (changes.run_id, changes.contact_id, 'email')
        )
        -- a column that is gone since is not written again
        and changes.field in (
            'first_name', -- each field
            'email'
        )
    group by changes.contact_id
),

holders as (
    select * from kajabi_ledger.holders_of_keys(
        (select array_agg(cells ->> 'email') from removed),
        (select array_agg(cells ->> 'kajabi_id') from removed),
        (select array_agg(cells ->> 'kajabi_member_id') from removed)
    )
),

judged as (
    select
        removed.*,
        case
            -- blanked by `forget`: nobody can be inserted from it
            when removed.cells ->> 'email' is null then 'erased'
            when exists (select from public.contacts where contacts.id = removed.contact_id) then 'there_again'
            when exists (
                select from holders where removed.cells ->> holders.key_kind = holders.key_value
            ) then 'key_taken'
            when exists (
                select from kajabi_ledger.merged_contacts as known
                where known.old_email = removed.cells ->> 'email' or known.old_kajabi_id = removed.cells ->> 'kajabi_id'
            ) then 'merged_away'
        end as reason
    from removed
),

inserted as (
    insert into public.contacts (
        first_name, -- each field
        id, email, source_system
    )
    select
        cells ->> 'first_name', -- each field
        contact_id,
        cells ->> 'email',
        'kajabi'
    from judged
    where reason is null
),

noted as (
    insert into kajabi_ledger.field_changes (
        run_id, contact_id, field, our_value, written_value, rule, old_source, old_since, old_source_run,
        is_source_noted
    )
    select
        %(run_id)s,
        judged.contact_id,
        cell.key,
        null,
        cell.value,
        'new_contact',
        sources.source,
        sources.since,
        sources.run_id as old_source_run,
        true
    from judged
    cross join lateral jsonb_each_text(judged.cells) as cell
    left join kajabi_ledger.contact_field_sources as sources
        on judged.contact_id = sources.contact_id and cell.key = sources.field
    where judged.reason is null
)

select
    contact_id,
    cells ->> 'email' as email,
    reason
from judged
where reason is not null
order by email
