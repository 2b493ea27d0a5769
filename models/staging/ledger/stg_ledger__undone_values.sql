-- One row per contact, field and value that an undo reversed and that no run has written again since.
-- A view: the guards ask it again at the write.
with field_changes as (select * from {{ ref('stg_ledger__field_changes') }}),

merge_runs as (select * from {{ source('kajabi_ledger', 'merge_runs') }}),

undone as (
    select
        field_changes.contact_id,
        field_changes.field,
        field_changes.our_value as undone_value,
        field_changes.run_id as undone_by_run,
        merge_runs.fingerprint
    from field_changes
    inner join merge_runs on field_changes.run_id = merge_runs.run_id
    where field_changes.rule = 'undone' and field_changes.our_value is not null
),

stg_ledger__undone_values as (
    select distinct on (contact_id, field, undone_value) *
    from undone
    where
        not exists (
            select from field_changes as later
            where
                later.contact_id = undone.contact_id
                and later.field = undone.field
                and later.written_value = undone.undone_value
                and later.run_id > undone.undone_by_run
        )
    order by contact_id asc, field asc, undone_value asc, undone_by_run desc
)

select * from stg_ledger__undone_values
