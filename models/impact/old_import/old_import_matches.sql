{{ config(indexes=[{'columns': ['row_number', 'contact_id'], 'unique': true}]) }}
-- One row per export row whose email is that of a contact: the matching of the old import, which knew no other key, and
-- how the two differ. Compared here once: the report asks it about addresses and about what the old import changed.
with exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contacts as (select * from {{ ref('stg_crm__contacts') }}),

contact_columns as (select array_agg(column_name) as found from {{ ref('stg_crm__columns') }}),

-- `materialized`: the rows are ranked by what they need for that, without carrying all their texts through a sort
compared as materialized (
    select
        exports.row_number,
        contacts.id as contact_id,
        exports.kajabi_id,
        coalesce(exports.kajabi_id = {{ trim_text('contacts.kajabi_id') }}, false) as is_of_same_id,
        -- raw values, as the old import compared them; a NULL of ours counts as a change
        coalesce(
            {{ any_field(
                'exports.FIELD <> contacts.FIELD or (exports.FIELD is not null and contacts.FIELD is null)'
            ) }},
            false
        ) as is_changed,
        -- an address exists where line 1, city, state or postal code holds something; line 2 or a country alone is none
        {{ any_field(trim_text('contacts.FIELD') ~ ' is not null', 'address_line_1 city state postal_code') }}
            as is_address_here,
        {{ any_field('exports.FIELD is not null', 'address_line_1 city state postal_code') }} as is_address_in_kajabi,
        {{ any_field(
            "(" ~ differs('contacts.FIELD', 'exports.FIELD')
            ~ " and lower(" ~ trim_text('contacts.FIELD') ~ ") is distinct from lower(exports.FIELD)"
            ~ " and 'FIELD' = any(contact_columns.found))",
            address_fields()
        ) }} as is_address_different
    from exports
    inner join contacts on exports.email_key = {{ clean_email('contacts.email') }}
    cross join contact_columns
),

old_import_matches as (
    select
        row_number,
        contact_id,
        is_changed,
        is_address_here,
        is_address_in_kajabi,
        is_address_different,
        row_number() over (
            partition by contact_id
            order by is_of_same_id desc, length(kajabi_id) asc, kajabi_id collate "C" asc, row_number asc
        ) = 1 as is_deciding
    from compared
)

select * from old_import_matches
