"""Where PostgreSQL is, and what it must have: connection, own tables, locks, roles, retention."""
