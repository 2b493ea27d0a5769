-- One row per differing contact and field that this tool has written before: the value it wrote last.
with differing_contacts as (select * from {{ ref('differing_contacts') }}),

field_changes as (select * from {{ source('kajabi_ledger', 'field_changes') }}),

last_written_values as (
    select distinct on (field_changes.contact_id, field_changes.field)
        field_changes.contact_id,
        field_changes.field,
        -- an undo gives back what stood there, white space included
        {{ trim_text('field_changes.new_value') }} as written_value
    from field_changes
    inner join differing_contacts on field_changes.contact_id = differing_contacts.contact_id
    order by field_changes.contact_id asc, field_changes.field asc, field_changes.run_id desc
)

select * from last_written_values
