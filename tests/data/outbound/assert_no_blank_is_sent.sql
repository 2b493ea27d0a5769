-- Invariant: what a file for Kajabi says is a value: never blank, never a placeholder, and always under an email.
-- It guards what Kajabi holds: it does not say what a blank cell does, so one could erase a value there.
-- A null is no cell: the column is then not in the file.
with sent as (
    select 'corrections' as kind, contact_id, to_jsonb(c) as row_sent from {{ ref('kajabi_corrections') }} as c
    union all
    select 'new-contacts', contact_id, to_jsonb(n) from {{ ref('kajabi_new_contacts') }} as n
    union all
    select 'full', contact_id, to_jsonb(f) from {{ ref('kajabi_full_export') }} as f
),

cells as (
    select
        sent.kind,
        sent.contact_id,
        cell.key as field,
        cell.value as cell_value
    from sent
    cross join lateral jsonb_each_text(sent.row_sent) as cell
    -- not in the file: what is known of consent can be `unknown`
    where cell.key <> 'consent'
),

bad_rows as (
    select kind, contact_id, field from cells
    where
        (field = 'email' and cell_value is null)
        or (cell_value is not null and {{ without_placeholder(trim_text('cell_value')) }} is null)
)

select * from bad_rows
