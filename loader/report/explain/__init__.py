"""``explain``: every field of one person, and why."""
