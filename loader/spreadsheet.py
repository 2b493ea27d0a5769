"""Read a small CSV that a person saved from a spreadsheet: comma, semicolon or tab, with or without a BOM.

Not for exports: those go through the strict reader in ``export_file``. Here a row that makes no sense is named
and left out, and the others count.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from loader.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LARGEST = 20_000_000  # bytes; lists that people keep by hand are far smaller
WANTED_SHOWN = "the first row must name the columns"


def read_rows(path: Path, required: Sequence[str]) -> list[dict[str, str]]:
    """Return one dict per row, keys in lower case, cells trimmed, blank rows left out.

    Raises Usage when the file cannot be read as text or a column of ``required`` is missing.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Usage(f"{path.name} is larger than 20 MB: this is not a list kept by hand. Nothing was recorded.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Usage(f"{path.name} cannot be read ({error.strerror}). Nothing was recorded. Check the name.") from None
    except UnicodeDecodeError:
        raise Usage(
            f"{path.name} is not UTF-8 text. Nothing was recorded. Save it from the spreadsheet as 'CSV UTF-8'."
        ) from None
    first_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = [
        {(name or "").strip().lower(): (cell or "").strip() for name, cell in row.items() if isinstance(cell, str)}
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    ]
    header = {name.strip().lower() for name in next(csv.reader([first_line], delimiter=delimiter), [])}
    missing = [name for name in required if name not in header]
    if missing:
        raise Usage(
            f"{path.name} has no column {' and no column '.join(missing)}; {WANTED_SHOWN}: {','.join(required)}. "
            "Nothing was recorded."
        )
    return [row for row in rows if any(row.values())]
