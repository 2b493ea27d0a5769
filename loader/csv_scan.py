"""One strict pass over a CSV file: hash, decode, prove, split. It knows records, and nothing of contacts.

``csv.reader`` alone reads a damaged file without a word: a stray quote in one row and another in the next
fuse two people into one row. So each stretch of text is first proved to be RFC 4180 and only then split:

1. It is cut after the last line end with an even number of quotes before it, so it holds whole records.
2. Each well-formed quoted cell is replaced by a letter. A quote that is left over is a fault, and the line
   ends that are left over are exactly those outside quotes.
3. ``csv.reader`` splits it; text of this kind can be split in one way only.

All of it runs at C speed; the walk that finds the place of a fault is slow and runs only once there is one.
In messages a record is a contact (1 is the first after the header) and a line is what an editor counts.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from loader.errors import ExportRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 18
NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # else opening a pipe waits for somebody to write into it
FILE_LIMIT = 1 << 30  # bytes; 5,691 contacts are a few MB, so whatever is larger is another file
CELL_LIMIT = 1_000_000  # characters
RECORD_LIMIT = 10_000_000  # characters; else a quote that is never closed would fill the memory

# The quote stands before the look back at what precedes it: searching for a fixed first character is fast.
QUOTED_CELL = re.compile(r'"(?<![^,\n]")[^"]*(?:""[^"]*)*"(?=[,\r\n])')
CELL_AND_DELIMITER = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",\r\n]*)(,|\r\n|\r|\n)?')
LINE_END = re.compile(r"\r\n|\r|\n")
LINE_END_NAMES = {"\r\n": "CRLF", "\n": "LF", "\r": "a lone CR"}

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SIGNATURES = {  # in lower case, because so are the bytes that are compared with them
    "a spreadsheet workbook (xlsx, ods) or a zip archive": (b"pk\x03\x04", b"pk\x05\x06"),
    "an old spreadsheet workbook (xls)": (b"\xd0\xcf\x11\xe0",),
    "a gzip, bzip2, xz or zstd archive": (b"\x1f\x8b", b"bzh91ay&sy", b"\xfd7zxz\x00", b"\x28\xb5\x2f\xfd"),
    "a 7z or rar archive": (b"7z\xbc\xaf", b"rar!\x1a\x07"),
    "a PDF or rtf document": (b"%pdf-", b"{\\rtf"),
    "a web page (often a sign-in page saved in place of the file) or XML": (b"<",),
    "UTF-16 text": (b"\xff\xfe", b"\xfe\xff"),
}
EXPORT_AGAIN = "Export the contacts from Kajabi again and load the download without opening it first."
NAME_ENCODING = "If a program for Windows wrote the file, and not Kajabi, say so: --encoding cp1252."


def shown(text: str, limit: int = 40) -> str:
    """Return a header or a file name fit for a message: short, with no character that acts on a terminal."""
    short = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in short)


@dataclass(frozen=True)
class Block:
    """Whole records in file order, and the text they came from, in which ``skipped`` rows precede them."""

    rows: list[list[str]]
    text: str
    first_record: int
    first_line: int
    skipped: int

    def place(self, index: int) -> str:
        """Name the record at this index of ``rows``, for messages."""
        reader = csv.reader(io.StringIO(self.text, newline=""))
        for _ in itertools.islice(reader, index + self.skipped):
            pass
        return f"record {self.first_record + index} (line {self.first_line + reader.line_num})"


class Scan:
    """One pass over one file; ``digest`` and ``byte_count`` are of exactly the bytes that gave the rows."""

    def __init__(
        self, path: Path, encoding: str, chunk_bytes: int, progress: Callable[[int], None] | None
    ) -> None:
        """Prepare a pass; nothing is opened before ``blocks``."""
        self.path, self.encoding, self.chunk_bytes, self.progress = path, encoding, chunk_bytes, progress
        self.header: list[str] = []
        self.digest, self.byte_count = hashlib.sha256(), 0
        self._wanted, self._is_last = chunk_bytes, False
        self._record, self._line, self._line_end, self._blank = 0, 1, "", ""

    def rejected(self, place: str, what: str, remedy: str = EXPORT_AGAIN) -> ExportRejected:
        """Compose the one paragraph that every refusal is."""
        where = f", {place}" if place else ""
        return ExportRejected(f"{shown(self.path.name, 100)}{where}: {what} {remedy} Nothing was loaded.")

    def blocks(self, *, check: bool) -> Iterator[Block]:
        """Yield the records after the header. Without ``check``, compare the digest with a checked pass's."""
        # the limit is shared by the whole process: raising it harms nobody, a lower one refuses good cells
        csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT))
        for text in self._texts():
            if check:
                self._check_text(text)
            reader = csv.reader(io.StringIO(text, newline=""), strict=True)
            try:
                rows = list(reader)
            except csv.Error:
                raise self.rejected("", "it changed while it was read.", "Load it again.") from None
            skipped = 0 if self.header else 1
            self.header = self.header or rows[0]
            block = Block(rows[skipped:], text, self._record + 1, self._line, skipped)
            if check:
                self._check_shape(block)
            while block.rows and not block.rows[-1]:
                block.rows.pop()  # a blank line at the end of the file
            yield block
            self._record += len(block.rows)
            self._line += reader.line_num

    def _texts(self) -> Iterator[str]:
        """Yield stretches of text that end where a record ends."""
        carry = ""
        for text, fault in self._decoded():
            carry += text
            if self._is_last and carry and not carry.endswith("\n"):
                carry += self._line_end or "\n"
            if end := len(carry) if self._is_last and not fault else _end_of_records(carry):
                self._line_end = self._line_end or _first_line_end(carry[:end])
                yield carry[:end]
                carry = carry[end:]
            if fault:
                raise self.rejected(self._place(0, carry), *fault)
            if len(carry) > RECORD_LIMIT:
                raise self._fault(carry)
            # a long record is read in doubling steps, else its text would be searched anew for every chunk
            self._wanted = max(self.chunk_bytes, len(carry))

    def _decoded(self) -> Iterator[tuple[str, tuple[str, str] | None]]:
        """Yield each chunk's text without the byte order mark, and what is wrong with the bytes after it."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        has_begun, fault = False, None
        for before, data in self._chunks():
            sound, nul, _ = data.partition(b"\0")
            if nul:
                fault = f"byte {before + len(sound)} (from 0) is NUL, which no text contains.", EXPORT_AGAIN
            try:
                text = decoder.decode(sound, final=not data)
            except UnicodeDecodeError as error:
                position = before + len(sound) - len(error.object) + error.start
                text = error.object[: error.start].decode(self.encoding)
                fault = f"byte {position} (from 0) is not valid {self.encoding}.", NAME_ENCODING
            if text and not has_begun:
                text, has_begun = text.removeprefix("\ufeff"), True
            yield text, fault

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes, each chunk with its offset, and an empty chunk at the end."""
        with self._open() as stream:
            size = self._check_kind(stream)
            while not self._is_last:
                data, before = stream.read(self._wanted), self.byte_count
                self.digest.update(data)
                self.byte_count += len(data)
                self._is_last = not data
                if self.byte_count > size or (self._is_last and self.byte_count < size):
                    raise self.rejected("", "it changed while it was read.", "Load it when it is complete.")
                yield before, data
                if self.progress:
                    self.progress(self.byte_count)

    def _open(self) -> BinaryIO:
        try:
            return open(self.path, "rb", opener=lambda name, flags: os.open(name, flags | NO_WAITING))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "this is not a file name"
            raise self.rejected("", f"it cannot be opened: {reason}.", "Check path and rights.") from None

    def _check_kind(self, stream: BinaryIO) -> int:
        """Refuse what is no regular file of a fitting size, and what its first bytes show to be no CSV text."""
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise self.rejected("", "it is a pipe or a device and not a file.", "Name the downloaded file.")
        if status.st_size > FILE_LIMIT:
            raise self.rejected("", f"it has {status.st_size:,} bytes, and {FILE_LIMIT:,} are the limit.")
        head = stream.read(4096)
        stream.seek(0)
        start = head.removeprefix(BYTE_ORDER_MARK).lstrip().lower()
        kind = next((kind for kind, signatures in SIGNATURES.items() if start.startswith(signatures)), "")
        if head.count(0) * 4 > len(head) and 0 in (head[::2].count(0), head[1::2].count(0)):
            kind = kind or "UTF-16 text without a byte order mark"
        if kind:
            raise self.rejected("", f"it is not a CSV file in UTF-8: it looks like {kind}.")
        if head.startswith(BYTE_ORDER_MARK) and self.encoding != "utf-8":
            raise self.rejected("", "its first bytes say that it is UTF-8.", "Leave --encoding out.")
        return status.st_size

    def _check_text(self, text: str) -> None:
        """Refuse text that is not RFC 4180, or in which not all lines end like the first one."""
        outside = QUOTED_CELL.sub("x", text)
        ends = outside.count(self._line_end)
        returns = ends if self._line_end == "\r\n" else 0
        if '"' in outside or outside.count("\n") != ends or outside.count("\r") != returns:
            raise self._fault(text)

    def _check_shape(self, block: Block) -> None:
        """Refuse a record of another width than the header, a blank line between records, a huge cell."""
        width = len(self.header)
        if not width:
            raise self.rejected("line 1", "it is blank, and the header should stand there.")
        if set(map(len, block.rows)) <= {width} and not self._blank and len(block.text) <= CELL_LIMIT:
            return
        for index, row in enumerate(block.rows):
            place = self._blank or block.place(index) if self._blank or len(row) != width else ""
            if not row:
                self._blank = place
            elif self._blank:
                raise self.rejected(place, "this line is blank, and records follow it: lines may be lost.")
            elif len(row) != width:
                cut = self._is_last and len(row) < width and row is block.rows[-1]
                end = " It is the last record: the file seems cut off." if cut else ""
                what = (
                    f"it has {len(row)} cells where the header has {width}: values would change columns.{end}"
                )
                raise self.rejected(place, what)
            elif max(map(len, row)) > CELL_LIMIT:
                what = f"a cell is longer than {CELL_LIMIT:,} characters."
                raise self.rejected(block.place(index), what)

    def _fault(self, text: str) -> ExportRejected:
        """Walk from cell to cell to the first fault, and say what it is."""
        record, column = 0, 1
        for cell in CELL_AND_DELIMITER.finditer(text):
            if cell[2] == ",":
                column += 1
            elif cell[2] and cell[2] == self._line_end:
                record, column = record + 1, 1
            else:
                break
        if cell[2]:
            what = f"its line ends with {LINE_END_NAMES[cell[2]]}, unlike the first or unlike any CSV file."
        elif cell[1].startswith('"'):
            what = "text follows the quote that closes the cell."
        elif text[cell.end() : cell.end() + 1] != '"':
            what = f"it goes on for more than {RECORD_LIMIT:,} characters."
        elif cell[1]:
            what = "a quote stands inside a cell that does not begin with one."
        else:
            what = "a quote opens the cell and none closes it: it is a stray quote, or the file is cut off."
        header = f' "{shown(self.header[column - 1])}"' if column <= len(self.header) else ""
        place = f"{self._place(record, text[: cell.start()])}, column {column}{header}"
        return self.rejected(place, f"{what} Contacts could be fused or split.")

    def _place(self, record: int, text_before: str) -> str:
        number = self._record + record + (1 if self.header else 0)
        line = self._line + len(LINE_END.findall(text_before))
        return f"record {number} (line {line})" if number else f"the header (line {line})"


def _end_of_records(text: str) -> int:
    """Return where the last whole record ends: after the last line end with an even number of quotes before it."""
    stop, is_odd = len(text), text.count('"') % 2
    while True:
        end = text.rfind("\n", 0, stop) + 1
        is_odd ^= text.count('"', end, stop) % 2
        if not end or not is_odd:
            return end
        # this line end is inside a quoted cell, as is all the text back to the quote before it
        stop = text.rfind('"', 0, end)
        is_odd = 0


def _first_line_end(text: str) -> str:
    outside = QUOTED_CELL.sub("x", text)
    return "\r\n" if outside.partition("\n")[0].endswith("\r") else "\n"
