"""SQL statements as files: each lives in the ``sql`` folder of the room that calls it and can be pasted into psql.

Parameters are psycopg's ``%(name)s``. A line that ends with ``-- if contacts.COLUMN`` is left out where the site's
contacts table lacks that column: sites differ, and a MERGE cannot name a column that is not there.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import LiteralString

LOADER = Path(__file__).resolve().parents[1]
MIGRATIONS = Path(__file__).parent / "migrations"
_OPTIONAL_LINE = re.compile(r"^.*-- if contacts\.(\w+)\n", re.MULTILINE)


@cache
def files() -> dict[str, Path]:
    """Return the file of every statement by its name, which no two rooms give twice (a test holds that)."""
    return {file.stem: file for folder in LOADER.rglob("sql") for file in folder.rglob("*.sql")}


@cache
def statement(name: str, columns: frozenset[str] | None = None) -> LiteralString:
    """Return the SQL of NAME.sql; ``columns`` are those that contacts has here (None: all).

    The text comes from this package alone and is never formatted, which is what LiteralString vouches for.
    """
    text = files()[name].read_text(encoding="utf-8")
    if columns is not None:
        text = _OPTIONAL_LINE.sub(lambda line: line[0] if line[1] in columns else "", text)
    return text


def migrations() -> list[tuple[str, LiteralString]]:
    """Return (name, SQL) of every migration, in the order in which they must run."""
    files = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    return [(file.stem, file.read_text(encoding="utf-8")) for file in files]
