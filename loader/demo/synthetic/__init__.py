"""The invented organisation: its contacts, and the exports that Kajabi would give of them."""
