-- Invariant: whoever belongs into a file for Kajabi is in it once, or is left out for a reason that people are told.
-- It guards the three models: they join consent, matches and verdicts, and somebody who falls out of a join would
-- never be corrected in Kajabi, and nobody would know.
with contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

left_out as (select contact_id from {{ ref('sendable_records') }} where left_out_because is not null),

wanted as (
    select 'full' as kind, id as contact_id from contacts where {{ trim_text('kajabi_id') }} is not null
    union all
    select 'new-contacts', id from contacts
    where
        {{ trim_text('kajabi_id') }} is null
        and not exists (select from {{ ref('match_candidates') }} as c where contacts.id = c.contact_id)
        and not exists (select from {{ ref('contact_matches') }} as m where contacts.id = m.contact_id)
    union all
    select distinct 'corrections', contact_id from {{ ref('correction_units') }} where verdict = 'correct'
),

sent as (
    select 'full' as kind, contact_id from {{ ref('kajabi_full_export') }}
    union all
    select 'new-contacts', contact_id from {{ ref('kajabi_new_contacts') }}
    union all
    select 'corrections', contact_id from {{ ref('kajabi_corrections') }}
),

expected as (
    select * from wanted
    where not exists (select from left_out where wanted.contact_id = left_out.contact_id)
),

lost as (
    select * from expected
    except all
    select * from sent
),

added as (
    select * from sent
    except all
    select * from expected
),

bad_rows as (
    select *, 'not in the file' as finding from lost
    union all
    select *, 'should not be in the file' as finding from added
)

select * from bad_rows
