-- What any other writer of contacts asks for: granted at once, or when whoever has locked them is done.
lock table public.contacts in row exclusive mode
