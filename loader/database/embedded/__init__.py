"""The practice server: a PostgreSQL of our own, started by our own calls."""
