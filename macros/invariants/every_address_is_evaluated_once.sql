{# Invariant: every living contact is in `address_evaluation` exactly once, and so is every export row whose email no
   contact has.
   It guards the corrections for Kajabi, which are made from this evaluation.
   An address lost here would stay wrong in Kajabi, and the figures of the report would not add up to the contacts. #}
{% macro every_address_is_evaluated_once() -%}
    with contacts as (select * from {{ ref('stg_crm__contacts') }}),

    exports as (select * from {{ ref('stg_kajabi__contacts') }}),

    contact_emails as (select distinct {{ clean_email('email') }} as email_key from contacts),

    address_evaluation as (select * from {{ ref('address_evaluation') }}),

    expected as (
        select id as contact_id, null::integer as row_number from contacts where not is_deleted
        union all
        select null, exports.row_number
        from exports
        left join contact_emails on exports.email_key = contact_emails.email_key
        where contact_emails.email_key is null
    ),

    compared as (
        select contact_id, row_number, 1 as expected, 0 as evaluated from expected
        union all
        select contact_id, case when contact_id is null then row_number end, 0, 1 from address_evaluation
    ),

    bad_rows as (
        select contact_id, row_number, sum(expected) as expected, sum(evaluated) as evaluated
        from compared
        group by contact_id, row_number
        having sum(expected) <> 1 or sum(evaluated) <> 1
    )

    select * from bad_rows
{%- endmacro %}
