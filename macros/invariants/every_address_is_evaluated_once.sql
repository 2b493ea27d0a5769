{# Invariant: every living contact is in `address_evaluation` exactly once, and so is every export row whose email no
   contact has.
   It guards the corrections for Kajabi, which are made from this evaluation.
   An address lost here would stay wrong in Kajabi, and the figures of the report would not add up to the contacts. #}
{% macro every_address_is_evaluated_once() -%}
    with contacts as not materialized (select * from {{ ref('stg_crm__contacts') }}),

    exports as (select * from {{ ref('stg_kajabi__contacts') }}),

    address_evaluation as not materialized (select * from {{ ref('address_evaluation') }}),

    evaluated_contacts as not materialized (select contact_id from address_evaluation where contact_id is not null),

    evaluated_rows as (select row_number from address_evaluation where contact_id is null),

    living_contacts as not materialized (select id as contact_id from contacts where not is_deleted),

    rows_of_nobody as (
        select exports.row_number
        from exports
        where not exists (select from contacts where {{ clean_email('contacts.email') }} = exports.email_key)
    ),

    -- a contact and a row of the export come once, by their keys: where none is missing, as many evaluations as there
    -- are of them are one for each
    bad_rows as (
        select 'missing contact' as fault
        from living_contacts
        where not exists (
            select from evaluated_contacts where evaluated_contacts.contact_id = living_contacts.contact_id
        )
        union all
        select 'not as many contacts'
        where (select count(*) from living_contacts) <> (select count(*) from evaluated_contacts)
        union all
        select 'missing row'
        from rows_of_nobody
        where not exists (select from evaluated_rows where evaluated_rows.row_number = rows_of_nobody.row_number)
        union all
        select 'not as many rows'
        where (select count(*) from rows_of_nobody) <> (select count(*) from evaluated_rows)
    )

    select * from bad_rows
{%- endmacro %}
