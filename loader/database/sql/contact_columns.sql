-- The columns of contacts that this site has.
select attname::text as column_name
from pg_catalog.pg_attribute
where attrelid = 'public.contacts'::regclass and attnum > 0 and not attisdropped
