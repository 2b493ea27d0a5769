-- Provenance as it was before the run that is taken back, where its mark still stands. A mark that somebody set since
-- is newer, and stays. What an older version of this tool did not note is left blank; the answer says how many.
with listed as (
    select
        changes.contact_id,
        changes.field,
        earlier.old_source,
        earlier.old_since,
        earlier.old_source_run,
        earlier.is_source_noted
    from kajabi_ledger.field_changes as changes
    inner join kajabi_ledger.field_changes as earlier
        on changes.contact_id = earlier.contact_id and changes.field = earlier.field
    inner join kajabi_ledger.contact_field_sources as sources
        on
            changes.contact_id = sources.contact_id
            and changes.field = sources.field
            and sources.source = 'kajabi'
            and earlier.run_id = sources.run_id
    where changes.run_id = %(run_id)s and earlier.run_id = %(undoes_run)s
),

unmarked as (
    delete from kajabi_ledger.contact_field_sources as sources
    using listed
    where
        sources.contact_id = listed.contact_id
        and sources.field = listed.field
        and listed.old_source is null
),

marked as (
    update kajabi_ledger.contact_field_sources as sources
    set source = listed.old_source, since = listed.old_since, run_id = listed.old_source_run
    from listed
    where
        sources.contact_id = listed.contact_id
        and sources.field = listed.field
        and listed.old_source is not null
)

select count(*) as count_unknown from listed where not is_source_noted
