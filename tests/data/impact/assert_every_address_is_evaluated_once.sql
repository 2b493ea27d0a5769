-- Invariant: every living contact is in `address_evaluation` exactly once, and so is every export row whose email no
-- contact has.
-- It guards the corrections for Kajabi, which are made from this evaluation.
-- An address lost here would stay wrong in Kajabi, and the figures of the report would not add up to the contacts.
with contacts as (select * from {{ ref('stg_crm__contacts') }}),

exports as (select * from {{ ref('stg_kajabi__contacts') }}),

contact_emails as (select distinct {{ clean_email('email') }} as email_key from contacts),

address_evaluation as (select * from {{ ref('address_evaluation') }}),

expected as (
    select id::text as who from contacts where not is_deleted
    union all
    select exports.row_number::text as who
    from exports
    left join contact_emails on exports.email_key = contact_emails.email_key
    where contact_emails.email_key is null
),

evaluated as (
    select coalesce(contact_id::text, row_number::text) as who
    from address_evaluation
),

lost as (
    select * from expected
    except all
    select * from evaluated
),

added as (
    select * from evaluated
    except all
    select * from expected
),

bad_rows as (
    select *, 'not evaluated' as finding from lost
    union all
    select *, 'nobody of ours' as finding from added
)

select * from bad_rows
