"""SQL statements as files: each lives in the ``sql`` folder of the room that calls it and can be pasted into psql.

Parameters are psycopg's ``%(name)s``. Sites differ, and a MERGE cannot name a column that is not there. So a line that
ends with ``-- if contacts.COLUMN`` is left out where the site's contacts table lacks that column. And a line that ends
with ``-- each field`` stands for one line per field that a plan may write and that the table has: it is written for
``first_name``, and ``-- each field, by commas`` puts a comma between the lines and none after the last.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import errors, sql

from ..common.fields import PLANNED

if TYPE_CHECKING:
    from typing_extensions import LiteralString

NOT_THERE = (errors.UndefinedTable, errors.InvalidSchemaName)
"""What PostgreSQL says of a statement about a table or a schema that is not there: no plan was made yet, say."""
LOADER = Path(__file__).resolve().parents[1]
MIGRATIONS = Path(__file__).parent / "migrations"
_OPTIONAL_LINE = re.compile(r"^.*-- if contacts\.(\w+)\n", re.MULTILINE)
FIELD_LINE = re.compile(r"^(.*\S) -- each field(, by commas)?$", re.MULTILINE)
_WRITTEN_FOR = "first_name"


@cache
def files() -> dict[str, Path]:
    """Return the file of every statement by its name, which no two rooms give twice (a test holds that)."""
    return {file.stem: file for folder in LOADER.rglob("sql") for file in folder.rglob("*.sql")}


@cache
def statement(name: str, columns: frozenset[str] | None = None) -> LiteralString:
    """Return the SQL of NAME.sql; ``columns`` are those that contacts has here (None: all).

    The text comes from this package alone, the names of the fields from its seed: LiteralString vouches for that.
    """
    text = files()[name].read_text(encoding="utf-8")
    if columns is not None:
        text = _OPTIONAL_LINE.sub(lambda line: line[0] if line[1] in columns else "", text)
    fields = [field for field in PLANNED if columns is None or field in columns]
    return FIELD_LINE.sub(
        lambda line: (",\n" if line[2] else "\n").join(_for_field(line[1], field) for field in fields), text
    )


def _for_field(line: str, field: str) -> str:
    """A line that was written for one field, for another one: its name as a literal, and as an identifier."""

    def composed(name: re.Match[str]) -> str:
        return (sql.Literal if name[0].startswith("'") else sql.Identifier)(field).as_string(None)

    return re.sub(rf"'{_WRITTEN_FOR}'|\b{_WRITTEN_FOR}\b", composed, line)


def migrations() -> list[tuple[str, LiteralString]]:
    """Return (name, SQL) of every migration, in the order in which they must run."""
    files = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    return [(file.stem, file.read_text(encoding="utf-8")) for file in files]
