-- One row where the plan would change more contacts than usual. Not for an empty contacts table.
with changes as (select count(*) as count_changes from {{ ref('merge_plan') }} where action = 'update'),

known_here as (select count(*) as count_contacts from {{ ref('stg_crm__contacts') }} where not is_deleted),

guard_unusual_volume as (
    select
        changes.count_changes,
        known_here.count_contacts
    from changes
    cross join known_here
    where
        changes.count_changes >= {{ var('volume_limit_contacts') }}
        and changes.count_changes * 100 > known_here.count_contacts * {{ var('volume_limit_percent') }}
)

select * from guard_unusual_volume
