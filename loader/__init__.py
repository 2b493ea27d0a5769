"""kajabi-guard: the protected weekly import of Kajabi contacts.

Python moves bytes, runs dbt, guards the write and shows results; every decision is SQL (see ``models/``).
"""

__version__ = "0.2.0"
