"""The files that Kajabi's importer takes: which rows stand in which file, and their bytes. No database.

Kajabi matches by email, wants one ``Name``, takes 50 columns and 40,000 people a day, and does not say what a blank
cell does to a value that it holds. So there is one file for every set of filled columns, and never a blank cell.
These are machine files: nothing is escaped for a spreadsheet, and ``+1 ...`` stays a phone.
"""

from __future__ import annotations

import csv
import errno
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...common.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    Row = Mapping[str, Any]

A_DAY = 40_000  # people that Kajabi imports a day
BATCH = 1_000  # few enough to look at in Kajabi, and few files for an organisation of some thousands
CANARY_ROWS = 3
# The handle in brackets is what Kajabi's own export calls the field; the person sees it when Kajabi maps the columns.
HEADERS = {
    "email": "Email",
    "name": "Name",
    "phone": "Phone Number (phone_number)",
    "address_line_1": "Address (address_line_1)",
    "address_line_2": "Address Line 2 (address_line_2)",
    "city": "City (address_city)",
    "state": "State (address_state)",
    "postal_code": "Zip Code (address_zip)",
    "country": "Country (address_country)",
}


@dataclass(frozen=True)
class KajabiFile:
    """One file: its name, its columns (ours), and its rows, each of which has a value in every column."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Row]

    def write(self, place: Callable[[str], Any]) -> None:
        """Write it as RFC 4180 wants it: UTF-8, CRLF, quotes where they are needed. ``place`` opens the file."""
        with place(self.name) as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow([HEADERS[column] for column in self.columns])
            writer.writerows([row[column] for column in self.columns] for row in self.rows)


def arrange(rows: Sequence[Row], kind: str, batch: int) -> list[KajabiFile]:
    """Put rows into files: a canary of three first, then one file per set of filled columns and ``batch`` rows.

    The canary's rows are the first three of the largest set, and are in no other file. The rows keep their order.
    """
    sets: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        filled = tuple(column for column in HEADERS if row[column] is not None)
        sets.setdefault(filled, []).append(row)
    if not sets:
        return []
    by_size = sorted(sets.items(), key=lambda item: (-len(item[1]), item[0]))
    largest, first_rows = by_size[0]
    parts = [(f"canary-{kind}", largest, first_rows[:CANARY_ROWS])]
    by_size[0] = (largest, first_rows[CANARY_ROWS:])
    for columns, listed in by_size:
        parts += [(kind, columns, listed[start : start + batch]) for start in range(0, len(listed), batch)]
    width = max(2, len(str(len(parts))))
    return [
        KajabiFile(f"{number:0{width}}-{name}.csv", columns, part)
        for number, (name, columns, part) in enumerate(parts, start=1)
    ]


@contextmanager
def new_folder(folder: Path) -> Iterator[Callable[[str], Any]]:
    """Give a function that opens a private file in ``folder``; all of them get their names when the block ends well.

    The folder is made when the first file is opened, and is readable by its owner only. When the block ends with an
    exception, everything that was made is taken away again. Raises Usage where something is there already.
    """
    require_unused(folder)
    was_there = folder.is_dir()
    names: list[str] = []

    def place(name: str) -> Any:
        if not names:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        names.append(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return os.fdopen(os.open(folder / f"{name}.part", flags, 0o600), "w", encoding="utf-8", newline="")

    try:
        yield place
        for name in names:
            (folder / f"{name}.part").rename(folder / name)
    except BaseException:
        for name in names:
            (folder / f"{name}.part").unlink(missing_ok=True)
            (folder / name).unlink(missing_ok=True)
        if names and not was_there:
            with suppress(OSError):
                folder.rmdir()
        raise


def require_unused(folder: Path) -> None:
    """Raise Usage unless ``folder`` is not there yet, or empty: files of another day are never mixed or overwritten.

    And unless it can be made and written in, so that nobody waits for files that cannot be.
    """
    is_used = False
    try:
        with suppress(FileNotFoundError):
            is_used = any(folder.iterdir())
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Usage(
            f"{folder.name} cannot be used as a folder ({error.strerror}). Nothing was written. Name another one "
            "after --out."
        ) from None
    if is_used:
        raise Usage(
            f"The folder {folder.name} is not empty. Files of another day could be overwritten, or imported together "
            "with these, so nothing was written. Name a new folder after --out."
        )
