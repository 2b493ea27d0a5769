-- One row per fault of a file for Kajabi that could be made now; `export` asks, and makes none while there is any row.
-- A second opinion about who is in a file and what it says: from the live column, the ledger and the frozen contacts.
-- Not asked by a plan: consent moves after it, so what counts is the moment of the file.
with sent as materialized (
    select
        'corrections' as kind, contact_id, email_key, email, name, phone, {{ address_fields().split() | join(', ') }}
    from {{ ref('kajabi_corrections') }}
    union all
    select 'new-contacts', contact_id, email_key, email, name, phone, {{ address_fields().split() | join(', ') }}
    from {{ ref('kajabi_new_contacts') }}
    union all
    select 'full', contact_id, email_key, email, name, phone, {{ address_fields().split() | join(', ') }}
    from {{ ref('kajabi_full_export') }}
),

contacts as (select * from {{ ref('stg_crm__contacts') }} where not is_deleted),

left_out as (select contact_id from {{ ref('sendable_records') }} where left_out_because is not null),

opted_out as (
    select contact_id from {{ ref('stg_crm__email_subscriptions') }}
    where email_subscribed = 'false' and column_default = 'true'
    union
    select contact_id from {{ source('kajabi_ledger', 'contact_field_sources') }} where field = 'email_subscribed'
),

-- who belongs into a file: somebody who falls out of a join would never be corrected in Kajabi, and nobody would know
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

expected as (
    select wanted.*
    from wanted
    left join left_out on wanted.contact_id = left_out.contact_id
    where left_out.contact_id is null
),

file_faults as (
    -- a null is no cell: the column is then not in the file. Kajabi does not say what a blank cell does to its value
    select sent.kind, sent.contact_id, cell.field, 'blank or placeholder' as fault
    from sent
    cross join lateral (
        {{ unpivot_fields(['sent'], 'email name phone ' ~ address_fields()) }}
    ) as cell (field, value_sent)
    where cell.value_sent is not null and {{ without_placeholder(trim_text('cell.value_sent')) }} is null
    union all
    select kind, contact_id, 'email', 'no email' from sent where email is null
    union all
    -- an import can make somebody a subscriber again
    select kind, contact_id, null, 'opted out' from sent where contact_id in (select contact_id from opted_out)
    union all
    -- Kajabi matches by email: a second row would overwrite the first
    select kind, (array_agg(contact_id))[1], null, 'email twice' from sent group by kind, email_key having count(*) > 1
    union all
    select kind, contact_id, null, 'contact twice' from sent group by kind, contact_id having count(*) > 1
    union all
    select
        coalesce(expected.kind, sent.kind),
        coalesce(expected.contact_id, sent.contact_id),
        null,
        case when sent.contact_id is null then 'not in the file' else 'should not be in the file' end
    from expected
    full outer join sent on expected.kind = sent.kind and expected.contact_id = sent.contact_id
    where expected.contact_id is null or sent.contact_id is null
    union all
    select null, null, key_columns, relation || ' has a row twice'
    from (
        {{ bad_keys([
            (ref('contact_records'), ['contact_id'], []),
            (ref('correction_cells'), ['contact_id', 'field'], []),
            (ref('kajabi_by_hand'), ['contact_id', 'field'], []),
            (ref('sendable_records'), ['contact_id'], [])
        ]) }}
    ) as bad_keys
    union all
    select null, null, column_name, relation || ' has an unknown code'
    from (
        {{ unknown_codes(ref('sendable_records'), 'consent', 'opted_out unknown subscribed') }}
        union all
        {{ unknown_codes(ref('sendable_records'), 'left_out_because', 'opted_out no_email shared_email held_row') }}
    ) as unknown_codes
)

select * from file_faults
