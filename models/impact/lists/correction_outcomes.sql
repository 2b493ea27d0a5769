{{ config(indexes=[{'columns': ['contact_id', 'field'], 'unique': true}]) }}
-- One row per correction sent to Kajabi: whether its newest export has it, has it not yet, or has something else.
with corrections_sent as (select * from {{ ref('stg_ledger__corrections_sent') }}),

matches as (select * from {{ ref('contact_matches') }} where status = 'matched'),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

answered as (
    select
        corrections_sent.*,
        exports.first_name,
        exports.last_name,
        -- the name is two fields, and is put together below
        to_jsonb(exports) ->> corrections_sent.field as kajabi_text,
        matches.row_number is not null as is_in_export
    from corrections_sent
    left join matches on corrections_sent.contact_id = matches.contact_id
    left join exports on matches.row_number = exports.row_number
),

cleaned as (
    select
        *,
        {{ clean_text('first_name', "'first_name'") }} as first_name_now,
        {{ clean_text('last_name', "'last_name'") }} as last_name_now,
        {{ clean_text('kajabi_text', 'field') }} as text_now
    from answered
),

valued as (
    select
        *,
        case when field = 'name' then {{ full_name('first_name_now', 'last_name_now') }} else text_now end
            as kajabi_value_now
    from cleaned
),

compared as (
    select
        *,
        {{ comparable_value('value_sent', 'field') }} as sent_comparable,
        {{ comparable_value('kajabi_value_now', 'field') }} as now_comparable
    from valued
),

correction_outcomes as (
    select
        contact_id,
        field,
        value_sent,
        kajabi_value,
        kajabi_value_now,
        export_id,
        case
            when not is_in_export then 'otherwise'
            when kajabi_value_now = normalize(value_sent, nfc) then 'arrived'
            when (kajabi_value_now is not distinct from kajabi_value) then 'not_yet'
            -- Kajabi may write a phone or a street in its own way
            when now_comparable = sent_comparable then 'arrived'
            else 'otherwise'
        end as outcome
    from compared
)

select * from correction_outcomes
