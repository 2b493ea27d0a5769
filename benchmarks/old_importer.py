"""The old importer's contact step, row by row, as it ran every week: whatever Kajabi has goes over ours.

One statement a row, the primary key of its search an index, one transaction: the fewest round trips that a row by row
import can do with.
"""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loader.common.fields import MANAGED
from loader.kajabi.inbound.export_file import load_column_map, read_export
from loader.kajabi.inbound.load import KAJABI_COLUMNS

if TYPE_CHECKING:
    import psycopg

HERE = Path(__file__).resolve().parent


def read_rows(file: Path, at_most: int | None = None) -> list[dict[str, str | None]]:
    """The rows of an export as the parameters of one statement each; a blank is no value."""
    headers = read_export(file, load_column_map(KAJABI_COLUMNS)).mapped_columns
    column_of = {name: headers[name] for name in ("email", *MANAGED) if name in headers}
    column_of["phone"] = headers["phone_number"]
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = islice(csv.DictReader(lines), at_most)
        return [{name: row[column].strip() or None for name, column in column_of.items()} for row in rows]


def import_rows(connection: psycopg.Connection[Any], rows: list[dict[str, str | None]]) -> int:
    """Update the contact of each row, or insert it where there is none; returns how many statements that took."""
    update, insert = ((HERE / f"old_{name}.sql").read_bytes() for name in ("update", "insert"))
    statements = 0
    with connection.transaction():
        for row in rows:
            statements += 1
            if connection.execute(update, row).rowcount == 0:
                statements += 1
                connection.execute(insert, row)
    return statements
