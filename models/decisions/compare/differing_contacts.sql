{{ config(indexes=[{'columns': ['contact_id'], 'unique': true}]) }}
-- One row per matched contact for which Kajabi has a value that is not ours, or had one that it has no more, or that
-- waits for a person or was decided by one.
-- The two wide rows are compared here, so that only these few are unpivoted and cleaned.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (select * from {{ ref('stg_kajabi__baseline') }}),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

remembered as (
    select contact_id from {{ ref('stg_ledger__open_conflicts') }}
    union
    select contact_id from {{ ref('active_overrides') }}
),

differing_contacts as (
    select
        matches.contact_id,
        matches.row_number
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    left join baseline_rows on matches.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.base_row_number = baseline.row_number
    left join remembered on matches.contact_id = remembered.contact_id
    cross join contact_columns
    where
        {{ any_field(
            "exports.FIELD <> coalesce(" ~ trim_text('contacts.FIELD') ~ ", '') and 'FIELD' = any(contact_columns.found)",
            planned_fields()
        ) }}
        -- cleared in Kajabi
        or {{ any_field('exports.FIELD is null and contacts.FIELD is not null and baseline.FIELD is not null') }}
        or remembered.contact_id is not null
)

select * from differing_contacts
