"""One strict pass over a CSV file: hash, decode, prove, split. It knows records, and nothing of contacts.

``csv.reader`` alone reads a damaged file without a word: a stray quote in one row and another in the next
fuse two people into one. So the text is cut after the last line end with an even number of quotes before it
(whole records), and is proved to be RFC 4180, which ``csv.reader`` can split in one way only: once each pair
of quotes and all between is replaced by one quote, those may only fill cells (a doubled quote is where pairs
touch), and the rest is what is outside quotes. Only the walk that finds a fault's place does not run in C.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ...common.errors import ExportRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 18  # smaller or larger ones are no faster
NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # else opening a pipe waits for somebody to write into it
FILE_LIMIT = 1 << 30  # bytes; 5,691 contacts are a few MB, so whatever is larger is another file
CELL_LIMIT = 1_000_000  # characters
RECORD_LIMIT = 5_000_000  # characters; else a quote that is never closed would fill the memory

QUOTED = re.compile(r'"[^"]*"')
# the quote comes before the looks to both sides of it, because searching for a fixed first character is fast
MISPLACED = re.compile(r'"(?:(?<=[^,\n"]")|(?=[^,\r\n"]))')
CELL_AND_DELIMITER = re.compile(r'("[^"]*(?:""[^"]*)*"(?!")|[^",\r\n]*)(,|\r\n|\r|\n)?')
LINE_END = re.compile(r"\r\n|\r|\n")
SIGNATURES = {  # in lower case, because so are the bytes that are compared with them
    "a spreadsheet workbook or a zip archive": (b"pk\x03\x04", b"pk\x05\x06", b"\xd0\xcf\x11\xe0"),
    "a gzip, bzip2, xz or zstd archive": (b"\x1f\x8b", b"bzh91ay&sy", b"\xfd7zxz\x00", b"\x28\xb5\x2f\xfd"),
    "a 7z or rar archive": (b"7z\xbc\xaf", b"rar!\x1a\x07"),
    "a document or a web page, such as a sign-in page saved in its place": (b"%pdf-", b"{\\rtf", b"<"),
    "UTF-16 text": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
EXPORT_AGAIN = "Export the contacts from Kajabi again and load the download without opening it first."
NAME_ENCODING = "If a program for Windows wrote the file, and not Kajabi, say so: --encoding cp1252."


def shown(text: str, limit: int = 40) -> str:
    """Return a header or a file name fit for a message: short, with no character that acts on a terminal."""
    visible = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text[:limit])
    return visible if len(text) <= limit else f"{visible}..."


@dataclass(frozen=True)
class Block:
    """Whole records in file order, and the text that they came from."""

    rows: list[list[str]]
    text: str
    first_record: int
    first_line: int

    def place(self, index: int) -> str:
        """Name the record at this index of ``rows``, for messages."""
        reader = csv.reader(io.StringIO(self.text, newline=""))
        for _ in range(index):
            next(reader)
        return _place(self.first_record + index, self.first_line + reader.line_num)


class Scan:
    """One pass over one file; ``digest`` and ``byte_count`` are of exactly the bytes that gave the rows."""

    def __init__(self, path: Path, encoding: str, progress: Callable[[int], None] | None = None) -> None:
        """Prepare a pass; nothing is opened before ``blocks``."""
        self.path, self.encoding, self.progress = path, encoding, progress or (lambda _: None)
        self.header: list[str] = []
        self.labels: dict[int, str] = {}
        self.digest, self.byte_count = hashlib.sha256(), 0
        self._wanted, self._is_last = CHUNK_BYTES, False
        self._record, self._line, self._line_end, self._blank = 0, 1, "", ""

    def rejected(self, place: str, what: str, remedy: str = EXPORT_AGAIN) -> ExportRejected:
        """Compose the one paragraph that every refusal is."""
        name = shown(self.path.name, 100)
        return ExportRejected(f"{name}{place and f', {place}'}: {what} {remedy} Nothing was loaded.")

    def column(self, position: int) -> str:
        """Name a column, with its header only if that is a known one: other texts there may be a person."""
        label = f' "{shown(self.labels[position])}"' if position in self.labels else ""
        return f"column {position + 1}{label}"

    def blocks(self, *, check: bool) -> Iterator[Block]:
        """Yield the records after the header. Unless they are checked, compare the digest afterwards."""
        # the limit is shared by the whole process: raising it harms nobody, a lower one refuses good cells
        csv.field_size_limit(max(csv.field_size_limit(), FILE_LIMIT))
        for text in self._texts():
            reader = csv.reader(io.StringIO(text, newline=""), strict=True)
            try:
                rows = list(reader)
            except csv.Error:
                raise self._fault(text) from None
            block = Block(rows, text, self._record, self._line)
            is_header, self.header = not self.header, self.header or rows[0]
            if check:
                self._check(block)
            self._record += len(rows)
            self._line += reader.line_num
            while rows and (is_header or not rows[-1]):
                rows.pop()  # the header stands in a text of its own, blank lines at the end of the last one
            yield block

    def _texts(self) -> Iterator[str]:
        """Yield stretches of text that end where a record ends."""
        carry = ""
        for text, fault in self._decoded():
            carry += text
            if self._is_last and carry and not carry.endswith("\n"):
                carry += self._line_end or "\n"
            end = len(carry) if self._is_last and not fault else _end_of_records(carry)
            if end and not self._line_end:
                # the header goes ahead alone, so that whatever is wrong after it can be named by column
                header_end, self._line_end = _end_of_header(carry[:end])
                yield carry[:header_end]
                carry, end = carry[header_end:], end - header_end
            if end:
                yield carry[:end]
                carry = carry[end:]
            if fault:
                raise self.rejected(_place(self._record, self._line + len(LINE_END.findall(carry))), *fault)
            if len(carry) > RECORD_LIMIT:
                raise self._fault(carry)
            self.progress(self.byte_count)
            # a long record is read in doubling steps, else its text would be searched anew for every chunk
            self._wanted = max(CHUNK_BYTES, len(carry))

    def _decoded(self) -> Iterator[tuple[str, tuple[str, str] | None]]:
        """Yield each chunk's text without the byte order mark, and what is wrong with the bytes after it."""
        decoder = codecs.getincrementaldecoder("utf-8-sig" if self.encoding == "utf-8" else self.encoding)()
        fault = None
        for before, data in self._chunks():
            sound, nul, _ = data.partition(b"\0")
            if nul:
                fault = f"the byte at offset {before + len(sound)} is NUL: damage, or UTF-16.", EXPORT_AGAIN
            try:
                text = decoder.decode(sound, final=not data)
            except UnicodeDecodeError as error:
                position = before + len(sound) - len(error.object) + error.start
                text = error.object[: error.start].decode(self.encoding)
                fault = f"the byte at offset {position} is not valid {self.encoding}.", NAME_ENCODING
            yield text, fault

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes, each chunk with its offset, and an empty chunk at the end."""
        try:
            with open(self.path, "rb", opener=lambda name, how: os.open(name, how | NO_WAITING)) as stream:
                size = self._check_kind(stream)
                while not self._is_last:
                    data, before = stream.read(self._wanted), self.byte_count
                    self.digest.update(data)
                    self.byte_count += len(data)
                    self._is_last = not data
                    if self.byte_count > size or (self._is_last and self.byte_count < size):
                        raise self.rejected("", "its size changed while it was read.", "Load it when complete.")
                    yield before, data
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is invalid"
            raise self.rejected("", f"it cannot be read: {reason}.", "Check path and rights.") from None

    def _check_kind(self, stream: BinaryIO) -> int:
        """Refuse what is no regular file of a fitting size, and what its first bytes show to be no CSV."""
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise self.rejected("", "it is a pipe or a device and not a file.", "Name the downloaded file.")
        if status.st_size > FILE_LIMIT:
            raise self.rejected("", f"it has {status.st_size:,} bytes, and {FILE_LIMIT:,} are the limit.")
        head = stream.read(4096)
        stream.seek(0)
        start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
        kind = next((kind for kind, signatures in SIGNATURES.items() if start.startswith(signatures)), "")
        if kind:
            raise self.rejected("", f"it is not a CSV file in UTF-8: it looks like {kind}.")
        if head.startswith(codecs.BOM_UTF8) and self.encoding != "utf-8":
            raise self.rejected("", "its first bytes say that it is UTF-8.", "Leave --encoding out.")
        return status.st_size

    def _check(self, block: Block) -> None:
        """Refuse text that is not RFC 4180 or changes its line ends, and records unlike the header."""
        outside = QUOTED.sub('"', block.text)
        ends, width = outside.count(self._line_end), len(self.header)
        line_ends_differ = outside.count("\n") != ends or outside.count("\r") != ends * (len(self._line_end) - 1)
        if block.text.count('"') % 2 or MISPLACED.search(outside) or line_ends_differ:
            raise self._fault(block.text)
        if set(map(len, block.rows)) <= {width} and not self._blank and len(block.text) <= CELL_LIMIT:
            return
        for index, row in enumerate(block.rows):
            if not row:
                self._blank = self._blank or block.place(index)
            elif self._blank:
                raise self.rejected(self._blank, "the line is blank, and records follow: lines may be lost.")
            elif len(row) != width:
                what = f"the header has {width} cells and this record {len(row)}: values would change columns."
                end = " The file ends there, as if cut off." if self._is_last and row is block.rows[-1] else ""
                raise self.rejected(block.place(index), what + end)
            elif huge := [position for position, cell in enumerate(row) if len(cell) > CELL_LIMIT]:
                place = f"{block.place(index)}, {self.column(huge[0])}"
                raise self.rejected(place, f"the cell is longer than {CELL_LIMIT:,} characters.")

    def _fault(self, text: str) -> ExportRejected:
        """Walk from cell to cell to the first fault, and say what it is."""
        record = position = 0
        for cell in CELL_AND_DELIMITER.finditer(text):
            if cell[2] not in {",", self._line_end}:
                break
            record, position = (record, position + 1) if cell[2] == "," else (record + 1, 0)
        if cell[2]:
            what = f"the line ends with {cell[2]!r}: all must end with '\\r\\n', or all with '\\n'."
        elif cell.end() == len(text):
            what = f"the record is longer than {RECORD_LIMIT:,} characters."
        elif cell[1]:
            what = "a quote stands inside the cell and is not doubled, or the cell does not begin with one."
        else:
            what = "a quote opens the cell, and none closes it before the file ends or the record is too long."
        place = _place(self._record + record, self._line + len(LINE_END.findall(text[: cell.start()])))
        what += " Contacts could be fused or split."
        return self.rejected(f"{place}, {self.column(position)}", what)


def _place(record: int, line: int) -> str:
    return f"record {record} (line {line})" if record else f"the header (line {line})"


def _end_of_header(text: str) -> tuple[int, str]:
    """Return where the first record ends, and its line end; or all of the text, if a fault comes first."""
    cell = next(cell for cell in CELL_AND_DELIMITER.finditer(text) if cell[2] != ",")
    return (cell.end(), cell[2]) if cell[2] in {"\r\n", "\n"} else (len(text), "\n")


def _end_of_records(text: str) -> int:
    """Return the position after the last line end that has an even number of quotes before it."""
    end = text.rfind("\n") + 1
    quotes = text.count('"', 0, end)
    while end and quotes % 2:
        # this line end is inside a quoted cell, and so is all the text back to the quote before it
        stop = text.rfind('"', 0, end)
        end = text.rfind("\n", 0, stop) + 1
        quotes -= 1 + text.count('"', end, stop)
    return end
