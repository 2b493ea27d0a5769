-- Everything about the planned contacts that this run must not touch, as one digest: taken before and after the merge.
-- updated_at moves by trigger; generated columns follow the columns that they are made from.
select
    encode(sha256(convert_to(string_agg(
        (
            to_jsonb(contacts.*) - 'updated_at'
            - array(select jsonb_object_keys(planned.field_rules))
            - array(
                select attname::text from pg_catalog.pg_attribute
                where attrelid = 'public.contacts'::regclass and attgenerated <> ''
            )
        )::text, E'\n' order by planned.contact_id
    ), 'UTF8')), 'hex') as digest
from kajabi_ledger.planned_rows as planned
inner join public.contacts as contacts on planned.contact_id = contacts.id
where planned.run_id = %(run_id)s and planned.action = 'update'
