-- The columns of contacts that are of an odd type, or that make inserts or updates impossible. Nothing else.
with columns as (
    select
        attname as name,
        format_type(atttypid, atttypmod) as type_name,
        typcategory as category,
        typname as short_type,
        attnotnull as is_needed,
        atthasdef as has_default,
        attidentity <> '' as is_identity,
        attgenerated <> '' as is_generated,
        attname = any(%(managed)s) as is_managed
    from pg_catalog.pg_attribute
    inner join pg_catalog.pg_type on atttypid = pg_type.oid
    where attrelid = to_regclass('public.contacts') and attnum > 0 and not attisdropped
)

select name, finding, type_name
from columns
cross join lateral (
    values
    (
        'not_text',
        -- S: text, varchar, char and citext
        (is_managed or name in ('email', 'source_system', 'kajabi_id', 'kajabi_member_id')) and category <> 'S'
    ),
    ('not_uuid', name = 'id' and short_type <> 'uuid'),
    ('not_a_time', name = 'deleted_at' and short_type not in ('timestamptz', 'timestamp', 'date')),
    (
        'generated',
        is_generated and (is_managed or name in ('id', 'email', 'source_system', 'kajabi_id', 'kajabi_member_id'))
    ),
    -- a new contact gets no value there, so the insert fails
    (
        'needs_a_value',
        is_needed and not has_default and not is_identity and not is_generated
        and not is_managed and name not in ('id', 'email', 'source_system')
    ),
    -- a new contact gets Kajabi's value there, or null, whatever the default
    ('takes_no_blank', is_needed and (is_managed or name in ('kajabi_id', 'kajabi_member_id')))
) as each_finding (finding, is_found)
where is_found
order by finding, name
