{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per differing contact and field: ours, Kajabi's now, and Kajabi's in the baseline, cleaned alike.
-- A matched contact differs where Kajabi has a value that is not ours, or had one that it has no more, or where a value
-- waits for a person or was decided by one.
with matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (
    select row_number, {{ list_fields('FIELD', planned_fields()) }}
    from {{ ref('stg_kajabi__contacts') }}
),

contacts as (
    select id, {{ list_fields('FIELD', planned_fields()) }}
    from {{ ref('stg_crm__contacts') }}
),

baseline_rows as (select * from {{ ref('baseline_rows') }}),

baseline as (
    select row_number, {{ list_fields('FIELD', planned_fields()) }}
    from {{ ref('stg_kajabi__baseline') }}
),

open_conflicts as (select * from {{ ref('stg_ledger__open_conflicts') }}),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

-- with a baseline, what is new in Kajabi is new for everybody: for people whom the baseline does not know as well
known_baseline as (select count(*) > 0 as is_known from {{ ref('stg_kajabi__baseline') }}),

remembered as (
    select contact_id from open_conflicts
    union
    select contact_id from {{ ref('active_overrides') }}
),

-- the two wide rows are compared first, and these few are kept (`materialized`): joined with what follows, every row
-- would be unpivoted before it is compared, eleven million at a million contacts
differing_rows as materialized (
    select
        matches.contact_id,
        matches.row_number,
        contacts,
        exports,
        baseline
    from matches
    inner join exports on matches.row_number = exports.row_number
    inner join contacts on matches.contact_id = contacts.id
    left join baseline_rows on matches.row_number = baseline_rows.row_number
    left join baseline on baseline_rows.baseline_row_number = baseline.row_number
    cross join contact_columns
    where
        {{ any_field(
            "(" ~ differs('contacts.FIELD', 'exports.FIELD') ~ " and exports.FIELD is not null"
            ~ " and 'FIELD' = any(contact_columns.found))",
            planned_fields()
        ) }}
        -- cleared in Kajabi
        or {{ any_field('exports.FIELD is null and contacts.FIELD is not null and baseline.FIELD is not null') }}
        or matches.contact_id in (select contact_id from remembered)
),

differing_cells as (
    select
        differing_rows.contact_id,
        differing_rows.row_number,
        each_field.*,
        each_field.field = 'address_line_2'
        and {{ is_malformed_line_2(
            'each_field.kajabi_text', '(differing_rows.exports).address_line_1', '(differing_rows.exports).city'
        ) }} as is_malformed_line_2,
        (differing_rows.exports).country as kajabi_country
    from differing_rows
    cross join contact_columns
    cross join lateral (
        {{ unpivot_fields(['(contacts)', '(exports)', '(baseline)'], planned_fields()) }}
    ) as each_field (field, our_value, kajabi_text, baseline_text)
    -- what this site has no column for is never read
    where each_field.field = any(contact_columns.found)
),

cleaned as (
    select
        differing_cells.*,
        {{ trim_text('our_value') }} as our_text,
        {{ clean_text('kajabi_text', 'field') }} as kajabi_value,
        {{ clean_text('baseline_text', 'field') }} as baseline_value
    from differing_cells
),

three_way_cells as (
    select
        cleaned.*,
        coalesce(
            not {{ has_form('cleaned.kajabi_value', 'cleaned.field', 'cleaned.kajabi_country') }}, false
        ) as is_invalid,
        known_baseline.is_known as is_in_baseline,
        -- a conflict that is open, and of which neither side has moved, keeps the baseline that it was opened with
        open_conflicts.contact_id is not null as is_open_conflict,
        open_conflicts.baseline_value as conflict_baseline_value,
        open_conflicts.was_in_baseline,
        open_conflicts.was_address_given
    from cleaned
    cross join known_baseline
    left join open_conflicts
        on
            cleaned.contact_id = open_conflicts.contact_id
            and cleaned.field = open_conflicts.field
            and cleaned.kajabi_value is not distinct from open_conflicts.kajabi_value
            and cleaned.our_value is not distinct from open_conflicts.our_value
)

select * from three_way_cells
