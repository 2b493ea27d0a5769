"""What a Kajabi contacts export is, and why a file is refused. Nothing here knows of a database.

``read_export`` proves the header and gives the digest of the file, by which it is known again. ``ExportFile.records``
then proves every record (form and meaning) and gives it for COPY in the same pass, so that the server works while the
next block is read. A fault raises in the middle of it, and bytes with another digest after the last record: let
that exception leave the COPY block, and the transaction keeps nothing. The file need not fit into memory, nor stand
still.

Which rows are valid contacts (a missing email, a duplicate, a placeholder) is decided in SQL, not here.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ...common.columns import Columns
from ...common.errors import ExportRejected, KajabiGuardError, Usage
from ...common.fields import PLANNED
from ...common.paths import PROJECT
from .csv_scanner import Block, Scan, as_written, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

# in the order of copy_contact_rows.sql
RAW_COLUMNS: tuple[str, ...] = (
    *("email", "full_name", "phone_number", "mobile_phone_number", "kajabi_created_at", "products", "tags"),
    *PLANNED,
)

# headers as Kajabi writes them; which further ones are read says seeds/kajabi_columns.csv
EXPORT_COLUMNS = Columns(
    required={"Email": "without it the file is refused"},
    optional={
        "ID": "expected: without it people are matched by their emails alone",
    },
    about=(
        "Kajabi's contacts export exactly as Kajabi writes it. Do not open it in a spreadsheet and save it again: that "
        "damages ids, phones and postal codes. Names, phones, the address, Created At, Products and Tags are read "
        "where they are there; nothing else is kept."
    ),
)

HANDLE = re.compile(r"\(([^()]*)\)\s*\Z")  # only at the end: whatever follows is no header of Kajabi's
# An id is 1 to 20 digits, after one escaping apostrophe. A spreadsheet makes an exponent, decimals or hash signs of it.
LONGEST_ID = 20
POSSIBLE_ID = re.compile(rf"\s*(?:'?[0-9]{{1,{LONGEST_ID}}})?\s*")
PLACEHOLDERS = PROJECT / "seeds" / "placeholders.csv"


def _is_no_id(cell: str) -> bool:
    return not POSSIBLE_ID.fullmatch(cell) and cell.strip().lower() not in _placeholders()


@cache
def _placeholders() -> frozenset[str]:
    """What the models take for a blank: a file in which a program wrote them is one without that id."""
    with PLACEHOLDERS.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] == "placeholder"]
    return frozenset(row["bracketed_placeholder"][1:-1] for row in rows)


def _are_ids(cells: Sequence[str]) -> bool:
    text = "".join(cells)
    return text.isascii() and text.isdecimal() and max(map(len, cells)) <= LONGEST_ID


def _are_one_line(cells: Sequence[str]) -> bool:
    text = "".join(cells)
    return "\n" not in text and "\r" not in text


# The columns; what clears all their cells together, which is far faster; what is bad in one; the reason.
CELL_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Sequence[str]], bool], Callable[[str], object], str], ...] = (
    (
        ("kajabi_id", "kajabi_member_id"),
        _are_ids,
        _is_no_id,
        "an id with an exponent, decimals, # (a spreadsheet saved the file) or letters (a UUID) names nobody.",
    ),
    (
        ("email", "full_name", "first_name", "last_name"),
        _are_one_line,
        lambda cell: "\n" in cell or "\r" in cell,
        "a line break stands inside the cell: two contacts seem to be fused into one.",
    ),
)
# a column that only the exports of the demo have: its people are invented, and belong into a practice database alone
INVENTED = "Invented by the demo of kajabi-guard (custom_3)"
OTHER_EXPORTS = {"kajabi subscription id": "subscriptions", "order no.": "transactions"}


@dataclass(frozen=True)
class ColumnMap:
    """Which header gives which raw column: ``seeds/kajabi_columns.csv``, whose digest is the ``version``."""

    version: str
    headers: Mapping[tuple[str, str], tuple[str, int]]

    def find(self, header: str) -> tuple[str, int] | None:
        """Return a header's raw column and preference, or None for a header that is not mapped."""
        handle = HANDLE.search(header)
        return self.headers.get(("handle", _key(handle[1])) if handle else ("name", _key(header)))


@dataclass
class ExportFile:
    """A contacts export whose header is sound; ``records`` proves the rest of it, and counts it in ``row_count``."""

    path: Path
    file_name: str
    encoding: str
    sha256: str
    byte_count: int
    header: tuple[str, ...]
    mapped_columns: dict[str, str]
    unmapped_columns: tuple[str, ...]
    labels: dict[int, str]
    positions: dict[str, int]
    row_count: int = 0

    @property
    def is_invented(self) -> bool:
        """Whether the demo made this file."""
        return INVENTED in self.header

    def records(self, load_id: int, progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """Yield the records as CSV in UTF-8: load, record number, then ``mapped_columns``, quoted as in the file.

        Take all of it: only at the end is it known that the file is sound and is the one that was read before.
        ExportRejected is raised if not.
        """
        scan = Scan(self.path, self.encoding, progress)
        scan.labels = self.labels
        self.row_count = with_at = 0
        for block in scan.blocks():
            if tuple(scan.header) != self.header:
                raise _changed(scan)
            with_at += _check_rows(scan, block, self.positions)
            if block.row_count:
                yield self._for_copy(block, load_id)
            self.row_count += block.row_count
        if scan.digest.hexdigest() != self.sha256:
            raise _changed(scan)
        if not self.row_count:
            raise scan.rejected("", "it has a header and no contacts.", "See that no filter is on in Kajabi.")
        if with_at * 2 < self.row_count:
            place = scan.column(self.positions["email"])
            what = f"only {with_at:,} of {self.row_count:,} emails have an @, as if cells had changed columns."
            raise scan.rejected(place, what)

    def _for_copy(self, block: Block, load_id: int) -> bytes:
        numbers = map(str, range(block.first_record, block.first_record + block.row_count))
        columns = (block.column(self.positions[name]) for name in self.mapped_columns)
        lines = map(",".join, zip(numbers, *columns, strict=True))
        return as_written(f"{load_id}," + f"\n{load_id},".join(lines) + "\n").encode()


def load_column_map(path: Path) -> ColumnMap:
    """Read the seed that maps headers to raw columns."""
    content = path.read_bytes()
    headers: dict[tuple[str, str], tuple[str, int]] = {}
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        key = row["match_by"], _key(row["header"])
        if row["column_name"] not in RAW_COLUMNS or key[0] not in {"handle", "name"} or key in headers:
            raise KajabiGuardError(
                f"{path.name}: the row for header {shown(row['header'])} names no raw column, or is matched by "
                "neither handle nor name, or repeats a header: values would come from the wrong column. "
                "Correct the seed."
            )
        headers[key] = row["column_name"], int(row["preference"])
    return ColumnMap(hashlib.sha256(content).hexdigest(), headers)


def read_export(path: Path, columns: ColumnMap, *, encoding: str = "utf-8") -> ExportFile:
    """Read the file's digest and prove its header, or raise ExportRejected for what is wrong with them."""
    codec = _codec_name(encoding)
    whole, scan = Scan(path, codec), Scan(path, codec)
    # else each letter with an accent would become two others
    if codec != "utf-8" and Scan(path, "utf-8").is_more_than_ascii():
        raise scan.rejected("", f"it is UTF-8, and not {codec}.", "Leave --encoding out.")
    if next(scan.blocks(), None) is None:
        raise scan.rejected("", "it is empty.")
    _refuse_other_headers(scan)
    positions = _positions(scan, columns)
    whole.read_through()
    header = tuple(scan.header)
    return ExportFile(
        path=path,
        file_name=path.name,
        encoding=codec,
        sha256=whole.digest.hexdigest(),
        byte_count=whole.byte_count,
        header=header,
        mapped_columns={column: header[positions[column]] for column in RAW_COLUMNS if column in positions},
        unmapped_columns=tuple(
            text if text.strip() else f"(column {position + 1} has no name)"
            for position, text in enumerate(header)
            if position not in positions.values()
        ),
        labels=scan.labels,
        positions=positions,
    )


def _changed(scan: Scan) -> ExportRejected:
    return scan.rejected("", "it changed between the check and the load.", "Load it again.")


def _key(header: str) -> str:
    return header.strip().casefold()


def _codec_name(encoding: str) -> str:
    """Return Python's name for an encoding that keeps ASCII as it is, which the scan for quotes relies on."""
    ascii_bytes = bytes(range(128)) + rb"\u0022"  # an encoding of escapes would make a quote of this
    try:
        keeps_ascii = ascii_bytes.decode(encoding) == ascii_bytes.decode("ascii")
    except (LookupError, UnicodeError):
        keeps_ascii = False
    if not keeps_ascii:
        raise Usage(
            f"--encoding {shown(encoding)} is not an encoding this command can read. Kajabi writes utf-8; "
            "cp1252 is the other usual one. Nothing was loaded."
        )
    return codecs.lookup(encoding).name.removesuffix("-sig")


def _refuse_other_headers(scan: Scan) -> None:
    """Refuse a file that is another of Kajabi's exports, or that another program has saved."""
    keys = [_key(text) for text in scan.header]
    if not keys:
        raise scan.rejected("line 1", "it is blank, and the header should stand there.")
    for key, kind in OTHER_EXPORTS.items():
        if key in keys:
            raise scan.rejected("", f"it is Kajabi's {kind} export.", "Export the contacts instead.")
    if keys[0].startswith("\ufeff"):
        raise scan.rejected("the header", "it begins with two byte order marks: another program saved it.")
    if len(keys) == 1 and re.search("[;\t]", keys[0]):
        raise scan.rejected("the header", "no comma separates its cells: a spreadsheet saved it.")


def _positions(scan: Scan, columns: ColumnMap) -> dict[str, int]:
    """Find each raw column in the header; the preferred one if several headers give the same."""
    found: dict[str, tuple[int, int]] = {}  # raw column -> preference, position
    repeated: dict[str, str] = {}
    for position, text in enumerate(scan.header):
        if mapped := columns.find(text):
            column, preference = mapped
            scan.labels[position] = text
            if column not in found or preference < found[column][0]:
                found[column] = preference, position
                repeated.pop(column, None)
            elif preference == found[column][0]:
                repeated[column] = f"{scan.column(found[column][1])} and {scan.column(position)}"
    for column, both in repeated.items():
        what = f"{both} both give {column}, and the wrong one might be read."
        raise scan.rejected("the header", what, "Leave one of them, or export again.")
    if "email" not in found:
        # only these are shown: in a file without header, or with a fused one, the others are a person's values
        names = ", ".join(map(shown, scan.labels.values())) or "none"
        what = f"no Email column is among its {len(scan.header)}. The headers found that are known: {names}."
        raise scan.rejected("the header", what)
    return {column: position for column, (_, position) in found.items()}


def _check_rows(scan: Scan, block: Block, positions: dict[str, int]) -> int:
    """Refuse records that cannot be contacts as Kajabi writes them; return how many emails have an @."""
    header = scan.header[positions["email"]]
    emails = block.values(positions["email"])
    without_at = [index for index, email in enumerate(emails) if "@" not in email or email == header]
    for index in without_at:
        if _key(emails[index]).removeprefix("\ufeff") == _key(header):
            what = "it repeats the header: two files were put together, and contacts may be in it twice."
            raise scan.rejected(block.place(index), what)
    for columns, are_good, is_bad, what in CELL_CHECKS:
        for column in columns:
            cells = block.values(positions[column]) if column in positions else []
            if not are_good(cells) and any(map(is_bad, cells)):
                index = next(index for index, cell in enumerate(cells) if is_bad(cell))
                raise scan.rejected(f"{block.place(index)}, {scan.column(positions[column])}", what)
    return len(emails) - len(without_at)
