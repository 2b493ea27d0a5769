"""One strict pass over a CSV file: hash, decode, prove, split. It knows records, and nothing of contacts.

``csv.reader`` reads a damaged file without a word: a stray quote in one row and another in the next fuse two
people into one. So the text is cut after the last line end with an even number of quotes before it (whole
records), and is proved to be RFC 4180, which can be split in one way only: once each pair of quotes and all
between is replaced by one quote, those may only fill cells (a doubled quote is where pairs touch), and the
rest is what is outside quotes. Whole blocks are proved and split by a few calls that run in C, which takes
half the time of ``csv.reader``; records are walked through only to find the place of a fault.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import re
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from ...common.errors import ExportRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 15  # larger ones are slower: what is made of them no longer fits into the processor's cache
NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # else opening a pipe waits for somebody to write into it
FILE_LIMIT = 1 << 30  # bytes; 5,691 contacts are a few MB, so whatever is larger is another file
CELL_LIMIT = 1_000_000  # characters
RECORD_LIMIT = 5_000_000  # characters; else a quote that is never closed would fill the memory

COMMA_INSIDE = "\0"  # stands for a comma inside quotes: no file with a NUL is read
# the quote comes before the looks to both sides of it, because searching for a fixed first character is fast
MISPLACED = re.compile(r'"(?:(?<=[^,\n"]")|(?=[^,\r\n"]))')
CELL_AND_DELIMITER = re.compile(r'("[^"]*(?:""[^"]*)*"(?!")|[^",\r\n]*)(,|\r\n|\r|\n)?')
LINE_END = re.compile(r"\r\n|\r|\n")
RECORD_END = "\n"  # stands as a cell of its own after each record
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
    """Whole records in file order, and the text that they came from. ``cells`` are as ``Scan`` has split them."""

    cells: list[str]
    width: int
    text: str
    first_record: int
    first_line: int

    @property
    def row_count(self) -> int:
        """How many records there are."""
        return len(self.cells) // (self.width + 1)

    def column(self, position: int) -> list[str]:
        """One column as the file has it, in quotes where it has quotes; ``as_written`` its commas after joining."""
        return self.cells[position :: self.width + 1]

    def values(self, position: int) -> list[str]:
        """One column as what its cells say."""
        cells = self.column(position)
        return [_value(cell) for cell in cells] if '"' in "".join(cells) else cells

    def place(self, index: int) -> str:
        """Name the record at this index of the block, for messages."""
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

    def read_through(self) -> None:
        """Read the file for its digest and its size alone."""
        for _ in self._chunks():
            pass

    def is_more_than_ascii(self) -> bool:
        """Read the file; return whether it is text in this encoding, and not in ASCII alone."""
        read = [(fault, text.isascii()) for text, fault in self._decoded()]
        return not any(fault for fault, _ in read) and not all(is_ascii for _, is_ascii in read)

    def blocks(self) -> Iterator[Block]:
        """Yield the header, which becomes ``header``, as a block without records; then all records, proved."""
        # the limit is shared by the whole process: raising it harms nobody, a lower one refuses good cells
        csv.field_size_limit(max(csv.field_size_limit(), FILE_LIMIT))
        for text in self._texts():
            outside, inside = self._proved(text)
            ends = outside.count("\n")
            block = Block([], len(self.header), text, self._record, self._line)
            if self.header:
                cells = _split(outside, inside)
                if not self._is_regular(cells, ends, text):
                    sound = self._walked(block)
                    cells = _split(*self._proved(sound)) if sound else []
                block = replace(block, cells=cells)
            else:
                self.header = next(csv.reader(io.StringIO(text, newline="")))
            self._record += ends
            self._line += ends + inside.count("\n") + inside.count("\r") - inside.count("\r\n")
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

    def _proved(self, text: str) -> tuple[str, str]:
        """Refuse what is not RFC 4180; return what is outside quotes (a line feed for each line end) and inside."""
        parts = text.split('"')
        decoder = io.IncrementalNewlineDecoder(None, translate=True)
        outside = decoder.decode('"'.join(parts[::2]), final=True)
        if len(parts) % 2 == 0 or decoder.newlines != self._line_end or MISPLACED.search(outside):
            raise self._fault(text)
        return outside, '"'.join(parts[1::2])

    def _is_regular(self, cells: list[str], ends: int, text: str) -> bool:
        """Whether all records have the header's width and no cell can be too long."""
        width = len(self.header)
        return (
            len(cells) == ends * (width + 1)
            and cells[width :: width + 1].count(RECORD_END) == ends
            and (width > 1 or "" not in cells)  # a line of one column that is blank
            and not self._blank
            and len(text) <= CELL_LIMIT
        )

    def _walked(self, block: Block) -> str:
        """Refuse records unlike the header; return the text without the blank lines at the end of the file."""
        rows, width = list(csv.reader(io.StringIO(block.text, newline=""))), len(self.header)
        for index, row in enumerate(rows):
            if not row:
                self._blank = self._blank or block.place(index)
            elif self._blank:
                raise self.rejected(self._blank, "the line is blank, and records follow: lines may be lost.")
            elif len(row) != width:
                what = f"the header has {width} cells and this record {len(row)}: values would change columns."
                end = " The file ends there, as if cut off." if self._is_last and row is rows[-1] else ""
                raise self.rejected(block.place(index), what + end)
            elif huge := [position for position, cell in enumerate(row) if len(cell) > CELL_LIMIT]:
                place = f"{block.place(index)}, {self.column(huge[0])}"
                raise self.rejected(place, f"the cell is longer than {CELL_LIMIT:,} characters.")
        sound = block.text.rstrip("\r\n")  # outside quotes, because what is inside ends with one
        return sound and sound + self._line_end

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


def as_written(text: str) -> str:
    """Return text that was joined of cells with its commas as the file has them."""
    return text.replace(COMMA_INSIDE, ",")


def _split(outside: str, inside: str) -> list[str]:
    """Return the cells of all records, each record followed by RECORD_END, in one list: far faster than lists in it."""
    parts = [""] * (2 * outside.count('"') + 1)
    parts[::2] = outside.replace("\n", f",{RECORD_END},").split('"')
    parts[1::2] = inside.replace(",", COMMA_INSIDE).split('"') if len(parts) > 1 else []
    cells = '"'.join(parts).split(",")
    cells.pop()  # after the last line end
    return cells


def _value(cell: str) -> str:
    return as_written(cell[1:-1].replace('""', '"')) if cell.startswith('"') else cell


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
