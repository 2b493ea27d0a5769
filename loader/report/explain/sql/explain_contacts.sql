-- One row per contact asked for: as the plan saw it, how the export knows it, and whether it moved since.
with asked as (select unnest(%(contact_ids)s::uuid[]) as contact_id),

live as (
    select
        contacts.id,
        to_jsonb(contacts) as cells
    from public.contacts
    where contacts.id = any(%(contact_ids)s::uuid[])
)

select
    asked.contact_id,
    coalesce(seen.email, live.cells ->> 'email') as email,
    concat_ws(' ', seen.first_name, seen.last_name) as full_name,
    seen.source_system,
    coalesce(sources.label, seen.source_system) as source_label,
    coalesce(sources.provenance_class, 'unknown') as source_class,
    case
        when live.id is null then 'gone'
        when seen.id is null then 'not_in_plan_picture'
        when seen.is_deleted then 'deleted'
        when matches.row_number is null then 'only_in_database'
        else 'matched'
    end as status,
    live.cells ->> 'deleted_at' as deleted_at,
    matches.row_number,
    matches.matched_by,
    writes.is_in_plan,
    vanished.was_in_baseline as was_in_last_accepted,
    -- both addresses whole, where a part of them differs: they are decided together
    to_jsonb(addresses) - 'our_address' - 'kajabi_address'
    || jsonb_build_object(
        'present_address', addresses.our_address, 'incoming_address', addresses.kajabi_address
    ) as address,
    -- what somebody changed here after the plan was made; after the plan was applied, its own values as well
    array(
        select moved.key
        from jsonb_each_text(to_jsonb(seen)) as moved
        where live.cells ? moved.key and (live.cells ->> moved.key) is distinct from moved.value
        order by moved.key
    ) as moved_fields,
    array(
        select further.email_key
        from kajabi_guard.stg_crm__contact_emails as further
        where
            further.contact_id = asked.contact_id
            and further.email_key <> kajabi_ledger.clean_email(seen.email)
        order by further.email_key
    ) as other_emails,
    array(
        select coalesce(merged.old_email, merged.old_kajabi_id)
        from kajabi_guard.stg_ledger__merge_survivors as merged
        where merged.contact_id = asked.contact_id
        order by merged.merged_contact_id
    ) as merged_into_it
from asked
left join live on asked.contact_id = live.id
left join kajabi_guard.stg_crm__contacts as seen on asked.contact_id = seen.id
left join kajabi_guard.stg_ledger__source_labels as sources
    on lower(kajabi_ledger.trim_text(seen.source_system)) = sources.source_label
left join kajabi_guard.contact_matches as matches
    on asked.contact_id = matches.contact_id and matches.status = 'matched'
left join kajabi_guard.contact_writes as writes on asked.contact_id = writes.contact_id
left join kajabi_guard.address_reviews as addresses on asked.contact_id = addresses.contact_id
left join kajabi_guard.vanished_contacts as vanished on asked.contact_id = vanished.contact_id
order by email
