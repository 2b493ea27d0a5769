-- A baseline's own copy of the contacts, trigger included, so that every road begins with the same table.
create schema if not exists bench;
drop table if exists bench.contacts;
create table bench.contacts (like public.contacts including all);
insert into bench.contacts select * from public.contacts;
create trigger contacts_touch before update on bench.contacts
for each row execute function public.touch_updated_at()
