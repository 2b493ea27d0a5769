-- How many contacts there are.
select count(*) as contacts from public.contacts
