{# Invariant: a matched row has a living contact and no reason to be quarantined, a new row has neither,
   a quarantined row a reason.
   It guards `contact_matches` as the only word about a row.
   A matched row whose contact is deleted or gone would drop out of every later join and be decided by nobody;
   a quarantined row without a reason would drop out of `quarantined_rows`. #}
{% macro status_says_what_the_row_has() -%}
    with matches as (select * from {{ ref('contact_matches') }}),

    living_contacts as (select id from {{ ref('stg_crm__contacts') }} where not is_deleted),

    bad_rows as (
        select
            matches.row_number,
            matches.status,
            matches.hold_reason
        from matches
        left join living_contacts on matches.contact_id = living_contacts.id
        where
            case matches.status
                when 'matched'
                    then living_contacts.id is null or matches.matched_by is null or matches.hold_reason is not null
                when 'new' then matches.contact_id is not null or matches.hold_reason is not null
                when 'held' then matches.hold_reason is null
                else true
            end
    )

    select * from bad_rows
{%- endmacro %}
