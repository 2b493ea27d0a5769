-- The comment of the demo's own table: its story was told to the end.
comment on table public.contacts
is 'synthetic organisation of kajabi-guard: invented people only; the demo was told'
