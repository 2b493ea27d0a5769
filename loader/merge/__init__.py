"""Plan, apply, undo: the only road to ``public.contacts``."""
