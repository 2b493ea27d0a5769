-- Labels of sources in contacts and in the ledger that the seed source_priorities does not know.
select array_agg(distinct labels.label order by labels.label) as unknown_labels
from (
    select lower(kajabi_ledger.trim_text(marked.value)) as label
    from public.contacts
    cross join lateral jsonb_each_text(to_jsonb(contacts.*)) as marked
    where marked.key in ('source_system', 'phone_source', 'billing_address_source')
    union
    select lower(kajabi_ledger.trim_text(source)) from kajabi_ledger.contact_field_sources
) as labels
where
    labels.label is not null
    and not labels.label = any(%(sources)s::text[])
    and not exists (select from unnest(%(prefixes)s::text[]) as known (prefix) where starts_with(labels.label, prefix))
