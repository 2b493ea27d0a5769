{# Invariant: an export row that a steward decided, and that is still about the same person, is matched as they said:
   with the contact they named, as new, or not at all.
   It guards the answers that people gave about quarantined rows: the latest override of the ledger is looked up here a
   second time. One that got lost would be asked again every week; one taken for another row would mix two people. #}
{% macro every_match_override_stands() -%}
    with match_overrides as (select * from {{ source('kajabi_ledger', 'match_overrides') }}),

    matches as (select * from {{ ref('contact_matches') }}),

    exports as (select * from {{ ref('stg_kajabi__contacts') }}),

    living_contacts as (select id from {{ ref('stg_crm__contacts') }} where not is_deleted),

    newest as (
        select distinct on (row_key) *
        from match_overrides
        order by row_key asc, match_override_id desc
    ),

    overridden_rows as (
        select
            matches.row_number,
            matches.status,
            matches.matched_by,
            matches.hold_reason,
            matches.contact_id,
            newest.decision,
            newest.contact_id as decided_contact_id
        from exports
        inner join matches on exports.row_number = matches.row_number
        inner join newest
            on newest.row_key = kajabi_ledger.row_key(
                exports.kajabi_id, exports.email_key, exports.first_name, exports.last_name, exports.phone
            )
        left join living_contacts on newest.contact_id = living_contacts.id
        where newest.contact_id is null or living_contacts.id is not null
    ),

    bad_rows as (
        select
            row_number,
            decision,
            status,
            hold_reason
        from overridden_rows
        where
            case decision
                when 'same_as'
                    then
                        (contact_id is distinct from decided_contact_id)
                        or (matched_by is distinct from 'settled')
                        -- of several rows for one contact, another one may decide
                        or not (status = 'matched' or hold_reason = 'other_row_decides')
                when 'ignore' then hold_reason is distinct from 'ignored'
                when 'new' then hold_reason in ('possible_duplicate', 'duplicates_not_recorded')
            end
    )

    select * from bad_rows
{%- endmacro %}
