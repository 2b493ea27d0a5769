"""Read a small CSV that a person saved from a spreadsheet: comma, semicolon or tab, with or without a BOM.

Not for exports: those go through the strict reader in ``export_file``. Here a row that makes no sense is named
and left out, and the others count.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from .errors import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from .columns import Columns

LARGEST = 20_000_000  # bytes; lists that people keep by hand are far smaller
WANTED_SHOWN = "the first row must name the columns"


def read_rows(path: Path, columns: Columns) -> list[dict[str, str]]:
    """Return one dict per row, keys in lower case, cells trimmed; a blank row too, so that they can be counted.

    It holds the cells of ``columns`` and no other: what is read of a file is what the help says. A cell that a short
    row does not have is blank. Raises Usage when the file cannot be read as text or a required column is missing.
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
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]
    except csv.Error:
        raise Usage(
            f"{path.name} is damaged: it has no cells to read. Nothing was recorded. Save it again as 'CSV UTF-8'."
        ) from None
    header = [name.strip().lower() for name in lines[0]]
    missing = [name for name in columns.required if name not in header]
    if missing:
        wanted = ",".join(columns.required)
        raise Usage(
            f"{path.name} has no column {' and no column '.join(missing)}; {WANTED_SHOWN}: {wanted}. "
            "Nothing was recorded."
        )
    places = {name: header.index(name) for name in columns.names if name in header}
    return [
        {name: line[place].strip() if place < len(line) else "" for name, place in places.items()} for line in lines[1:]
    ]


# a spreadsheet would run what follows these signs, their full-width forms included; apostrophes that stand before
# one are a person's own, and get one more, so that taking one away gives the value again
FORMULA = re.compile("^'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def safe_for_spreadsheet(value: object) -> str:
    """A cell that no spreadsheet runs as a formula; blank for None, yes and no for booleans."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if FORMULA.match(text) else text


def as_before_spreadsheet(cell: str | None) -> str | None:
    """The value that ``safe_for_spreadsheet`` was given: a list that is filled in comes back with its apostrophes."""
    return cell[1:] if cell and cell[0] == "'" and FORMULA.match(cell[1:]) else cell
