-- Readers go on; everybody who wants to write waits until this run is done.
lock table public.contacts in exclusive mode
