"""What is read from a contacts export, exactly, and which files are refused, with what message.

Every file is read with chunks of several sizes, because a quote, a line end or a letter of two bytes that a
chunk's border cuts in two must change neither a value nor a message.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader.common.errors import ExportRejected, KajabiGuardError, Usage
from loader.kajabi.inbound import csv_scanner
from loader.kajabi.inbound.export_file import RAW_COLUMNS, ExportFile, load_column_map, read_export

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[3]
EXPORTS = PROJECT / "tests" / "fixtures" / "exports"
SEED = PROJECT / "seeds" / "kajabi_columns.csv"
COLUMNS = load_column_map(SEED)
CHUNK_SIZES = (1, 2, 3, 7, 64, 1 << 18)
# every person in the fixtures has one of these somewhere; none may be in a message
PERSONAL = ("Quill", "quill", "@example", "555-01", "2100000", "2.1E")

# the same examples every time, however long the machine takes for one
STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Row = tuple["str | None", ...]


@pytest.fixture(params=CHUNK_SIZES)
def chunk_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(csv_scanner, "CHUNK_BYTES", request.param)
    return int(request.param)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports") / "export.csv"


def rows_of(path: Path, progress: Callable[[int], None] | None = None, **options: Any) -> tuple[ExportFile, list[Row]]:
    export = read_export(path, COLUMNS, **options)
    return export, copied(export, progress)


def copied(export: ExportFile, progress: Callable[[int], None] | None = None) -> list[Row]:
    """What COPY makes of the records: None for a column that the file lacks, the empty text for an empty cell."""
    text = b"".join(export.records(7, progress)).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [row[:2] for row in rows] == [["7", str(number)] for number in range(1, len(rows) + 1)]
    named = [dict(zip(export.mapped_columns, row[2:], strict=True)) for row in rows]
    return [tuple(row.get(name) for name in RAW_COLUMNS) for row in named]


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(ExportRejected) as caught:
        rows_of(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path.name}")
    assert message.endswith("Nothing was loaded.")
    assert "\n" not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "an inner error holds data"
    return message


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def column(rows: list[Row], name: str) -> list[str | None]:
    return [row[RAW_COLUMNS.index(name)] for row in rows]


def record(**cells: str) -> Row:
    return tuple(cells.get(name) for name in RAW_COLUMNS)


# --- the seed ---


def test_the_seed_maps_to_every_raw_column_and_to_no_other() -> None:
    assert {name for name, _ in COLUMNS.headers.values()} == set(RAW_COLUMNS)


def test_the_version_of_the_map_is_the_digest_of_the_seed() -> None:
    assert COLUMNS.version == hashlib.sha256(SEED.read_bytes()).hexdigest()


def test_every_row_of_the_seed_says_why_in_a_sentence() -> None:
    with SEED.open(encoding="utf-8", newline="") as stream:
        assert all(row["why"].endswith(".") for row in csv.DictReader(stream))


@pytest.mark.parametrize(
    "row",
    [
        "no_such_column,name,X,1,Why.",
        "tags,label,X,1,Why.",
        "tags,name,EMAIL ,1,Why.",
    ],
)
def test_a_seed_row_that_would_read_a_wrong_column_is_refused(tmp_path: Path, row: str) -> None:
    seed = written(tmp_path / "seed.csv", SEED.read_text(encoding="utf-8") + row + "\n")
    with pytest.raises(KajabiGuardError, match=r"seed\.csv"):
        load_column_map(seed)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("First Name (name)", "full_name"),
        ("FIRST NAME", "first_name"),
        (" email ", "email"),
        ("Prénom (tel qu'écrit) (name)", "full_name"),
        ('Label, with "quotes"\r\nand lines (PHONE_NUMBER) ', "phone_number"),
        ("Phone (mobile) (mobile_phone_number)", "mobile_phone_number"),
        ("Zip (address_zip) (custom_4)", None),
        ("phone (office)", None),
        # the first record, fused with the header
        ("Zip Code (address_zip)Ann", None),
        ("email_subscribed", None),
        ("Email Address", None),
        ("Last Activity", None),
        ("", None),
        ("()", None),
    ],
)
def test_a_header_is_known_by_its_last_handle_or_else_by_its_name(header: str, expected: str | None) -> None:
    found = COLUMNS.find(header)
    assert (found and found[0]) == expected


# --- files that are read ---


@pytest.mark.usefixtures("chunk_bytes")
class TestReadsExactly:
    def test_what_kajabi_writes(self) -> None:
        export, rows = rows_of(EXPORTS / "kajabi_contacts.csv")
        assert rows == [
            record(
                kajabi_id="2100000001",
                kajabi_member_id="3100000001",
                email="ann.quill@example.org",
                full_name="Ann Quill",
                first_name="Ann",
                last_name="Quill",
                phone_number="+1 555-0100",
                mobile_phone_number="",
                address_line_1="12 Hollow Lane",
                address_line_2="Flat 3, rear",
                city="Springfield",
                state="IL",
                postal_code="01234",
                country="US",
                kajabi_created_at="2024-05-06 18:01:32 -0700",
                products="Harmony Basics, Part 1",
                tags="choir, alto",
            ),
            record(
                kajabi_id="2100000002",
                kajabi_member_id="",
                email="bo.quill@example.com",
                full_name="Bo 't Quill",
                first_name="Bo",
                last_name="'t Quill",
                phone_number="",
                mobile_phone_number="'555-0101",
                address_line_1="1 Long Row\r\nBuilding B",
                address_line_2="",
                city="Zürich",
                state="",
                postal_code="8001",
                country="CH",
                kajabi_created_at="2023-01-31 09:15:00 -0700",
                products="",
                tags="",
            ),
        ]
        assert export.mapped_columns["full_name"] == "First Name (name)"
        assert export.mapped_columns["email"] == "Email"
        assert "phone" not in export.mapped_columns
        assert export.unmapped_columns == (
            "Name",
            "External User ID",
            "Member Created At",
            "Sign In Count",
            "Last Activity",
            "Last Sign In At",
            "Email (email)",
            "Business Number (business_number)",
            "How did you hear of us? (custom_1)",
        )

    def test_the_facts_about_the_file(self) -> None:
        path = EXPORTS / "kajabi_contacts.csv"
        export, rows = rows_of(path)
        assert export.path == path
        assert export.file_name == "kajabi_contacts.csv"
        assert export.encoding == "utf-8"
        assert export.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert export.byte_count == path.stat().st_size
        assert export.row_count == len(rows) == 2
        assert export.header[0] == "Name"
        assert len(export.header) == 26

    def test_our_own_files_with_lower_case_headers(self) -> None:
        export, rows = rows_of(EXPORTS / "preprocessed_lower_case.csv")
        assert rows[0] == record(
            kajabi_id="2100000001",
            kajabi_member_id="3100000001",
            email="ann.quill@example.org",
            first_name="Ann",
            last_name="Quill",
            phone="555-0100",
            address_line_1="12 Hollow Lane",
            address_line_2="",
            city="Springfield",
            state="IL",
            postal_code="01234",
            country="US",
        )
        assert export.unmapped_columns == ("email_subscribed",)

    def test_labels_that_are_translated_and_hold_commas_quotes_and_lines(self) -> None:
        export, rows = rows_of(EXPORTS / "translated_labels.csv")
        assert rows == [
            record(
                kajabi_id="2100000001",
                email="ann.quill@example.org",
                full_name="Ann Quill",
                phone_number="555-0100",
                postal_code="01234",
                city="Lyon",
            )
        ]
        assert export.mapped_columns["phone_number"] == "Téléphone\r\n(fixe) (phone_number)"
        assert export.unmapped_columns == ("Name", "Adresse (custom_7)", "Adresse (custom_8)")

    @pytest.mark.parametrize("name", ["no_final_line_end.csv", "blank_lines_at_the_end.csv"])
    def test_a_last_record_without_line_end_and_blank_lines_after_it(self, name: str) -> None:
        export, rows = rows_of(EXPORTS / name)
        assert column(rows, "kajabi_id") == ["2100000001", "2100000002"]
        assert export.row_count == 2

    def test_a_cell_that_holds_what_other_programs_take_for_a_line_end(self) -> None:
        _, rows = rows_of(EXPORTS / "line_separators_inside_cells.csv")
        assert column(rows, "tags") == ["a\u2028b\x85c", ""]
        assert column(rows, "products") == ["d\x0ce\x1cf\ng\rh", ""]

    def test_a_line_of_backslash_and_dot_as_the_text_that_it_is(self) -> None:
        _, rows = rows_of(EXPORTS / "only_backslash_dot_in_one_column.csv")
        assert column(rows, "email") == ["ann.quill@example.org", "\\.", "bo.quill@example.com"]

    def test_a_file_in_the_windows_alphabet_when_told_so(self) -> None:
        export, rows = rows_of(EXPORTS / "windows_1252.csv", encoding="Windows-1252")
        assert column(rows, "last_name") + column(rows, "city") == ["Quillé", "Zürich"]
        assert export.encoding == "cp1252"

    def test_plain_letters_in_the_windows_alphabet_too(self) -> None:
        _, rows = rows_of(EXPORTS / "no_final_line_end.csv", encoding="cp1252")
        assert len(rows) == 2

    def test_headers_that_are_blank_or_repeated_where_nothing_is_read_from_them(self) -> None:
        export, rows = rows_of(EXPORTS / "repeated_and_blank_headers.csv")
        assert export.unmapped_columns == (
            "Shoe size (custom_1)",
            "Shoe size (custom_1)",
            "(column 4 has no name)",
            "(column 6 has no name)",
        )
        assert rows == [record(email="ann.quill@example.org", kajabi_id="2100000001")]

    def test_a_name_instead_of_the_form_field_where_that_is_missing(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "Name,Email (email)\nAnn,ann@example.org\n")
        assert rows_of(path)[1] == [record(email="ann@example.org", full_name="Ann")]

    def test_kajabi_id_rather_than_id(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "ID,kajabi_id,Email\n1,2,ann@example.org\n")
        export, rows = rows_of(path)
        assert column(rows, "kajabi_id") == ["2"]
        assert export.unmapped_columns == ("ID",)

    def test_a_less_preferred_header_that_repeats_beside_a_preferred_one(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.csv", "A (email),B (email),Email\nx@x,y@y,ann@example.org\n")
        export, rows = rows_of(path)
        assert column(rows, "email") == ["ann@example.org"]
        assert export.unmapped_columns == ("A (email)", "B (email)")

    def test_a_value_that_another_program_would_take_for_missing(self, tmp_path: Path) -> None:
        values = [
            "\\N",
            "NULL",
            "nan",
            " ",
            '""',
            "=1",
            "'",
            "\\",
            "\ufeff",
            "\x01",
            "é\u0301",
            "😀",
            "00123",
        ]
        text = io.StringIO()
        csv.writer(text).writerows([["Email", "Tags"], *(["ann@example.org", value] for value in values)])
        _, rows = rows_of(written(tmp_path / "a.csv", text.getvalue()))
        assert column(rows, "tags") == values


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_a_cell_says_is_judged_and_not_its_quotes(scratch: Path, quoting: int) -> None:
    lines = [["Email", "ID", "First Name"], ["a@example.org", "2100000001", "Ann, Q"], ["b@example.org", "", 'B "Bo"']]
    text = io.StringIO()
    csv.writer(text, quoting=quoting).writerows(lines)  # type: ignore[arg-type]
    assert column(rows_of(written(scratch, text.getvalue()))[1], "first_name") == ["Ann, Q", 'B "Bo"']
    csv.writer(text, quoting=quoting).writerow(["c@example.org", "2,1E+09", "C"])  # type: ignore[arg-type]
    assert "record 3 (line 4), column 2" in refusal(written(scratch, text.getvalue()))


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("c@example.org,x,1", "header has 2 cells and this record 3"),
        ("c@example.org", "header has 2 cells and this record 1"),
        # as many cells as two records have, and a line end too many or too few
        ("c@example.org\n x,d@example.org,x", "header has 2 cells and this record 1"),
        ('c@example.org,"x\n,y"z', "a quote stands inside the cell"),
    ],
)
def test_records_that_would_make_up_for_each_other_are_refused(
    scratch: Path, last: str, reason: str, line_end: str
) -> None:
    lines = f"Email,Tags\na@example.org,x\nb@example.org,y\n{last}\n"
    assert reason in refusal(written(scratch, lines.replace("\n", line_end)))


def test_no_more_of_a_long_file_is_held_than_of_a_short_one(scratch: Path) -> None:
    """Ten times as many records take no more memory, and each block is given before the next one is read."""
    peaks = []
    for count in (20_000, 200_000):
        written(scratch, "Email,Tags\n" + '"ann@example.org","a, b"\n' * count)
        export = read_export(scratch, COLUMNS)
        tracemalloc.start()
        longest = max(len(records) for records in export.records(7))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert export.row_count == count
        assert longest < 4 * csv_scanner.CHUNK_BYTES
    assert peaks[1] < 1.1 * peaks[0] < 4_000_000


@pytest.mark.parametrize("length", [100_000, 131_073, 1_000_000])
@pytest.mark.parametrize("header", ["Tags", "Story (custom_1)"])
def test_a_long_cell_is_read_exactly(scratch: Path, header: str, length: int) -> None:
    cell = ('"", \r\nabc' * length)[:length]
    text = io.StringIO()
    csv.writer(text).writerows([["Email", header], ["ann@example.org", cell], ["bo@example.org", "x"]])
    _, rows = rows_of(written(scratch, text.getvalue()))
    assert column(rows, "email") == ["ann@example.org", "bo@example.org"]
    assert column(rows, "tags") == [cell if header == "Tags" else None, "x" if header == "Tags" else None]


def test_many_records_are_read_in_their_order(scratch: Path) -> None:
    lines = [f'{number}@example.org,"{number}, a"' for number in range(30_000)]
    export, rows = rows_of(written(scratch, "\r\n".join(["Email,Tags", *lines])))
    assert export.row_count == 30_000
    assert column(rows, "tags") == [f"{number}, a" for number in range(30_000)]


def test_progress_is_told_in_bytes_up_to_the_whole(scratch: Path) -> None:
    written(scratch, "Email\n" + "ann@example.org\n" * 50_000)
    told: list[int] = []
    export, _ = rows_of(scratch, told.append)
    assert told == sorted(told)
    assert len(set(told)) > 2
    assert told[-1] == export.byte_count


# --- files that are refused ---

REFUSED = {
    # a quote or a line end that would fuse or split contacts
    "stray_quotes_in_two_rows.csv": ("record 1 (line 2)", 'column 4 "Tags"', "quote"),
    "stray_opening_quotes_in_two_rows.csv": ("record 1 (line 2)", 'column 3 "City"', "quote"),
    "quote_inside_a_bare_cell.csv": ("record 1 (line 2)", 'column 2 "Tags"', "does not begin with one"),
    "text_after_a_closing_quote.csv": ("record 1 (line 2)", 'column 2 "Tags"', "not doubled"),
    "quote_never_closed.csv": ("record 2 (line 3)", 'column 2 "First Name"', "none closes it"),
    "quote_never_closed_after_doubled_ones.csv": ("record 2 (line 3)", 'column 2 "Tags"', "none closes it"),
    "lf_among_crlf.csv": ("record 2 (line 3)", 'column 4 "ID"', "ends with '\\n'"),
    "crlf_among_lf.csv": ("record 3 (line 4)", 'column 4 "ID"', "ends with '\\r\\n'"),
    "lone_cr_line_ends.csv": ("the header (line 1)", "ends with '\\r'"),
    "lone_cr_in_a_bare_cell.csv": ("record 2 (line 3)", 'column 2 "First Name"', "ends with '\\r'"),
    "line_break_in_a_first_name.csv": ("record 2 (line 3)", 'column 2 "First Name"', "line break"),
    "line_break_in_an_email.csv": ("record 2 (line 3)", 'column 1 "Email"', "line break"),
    # records that are not the header's
    "short_record.csv": ("record 2 (line 3)", "header has 4 cells and this record 3", "change columns."),
    "long_record.csv": ("record 2 (line 3)", "header has 4 cells and this record 5"),
    "cut_off_in_the_last_record.csv": ("record 2 (line 3)", "this record 3", "as if cut off"),
    "backslash_dot_line.csv": ("record 2 (line 3)", "header has 4 cells and this record 1"),
    "blank_line_inside.csv": ("record 2 (line 3)", "blank"),
    "header_fused_with_first_record.csv": ("record 1 (line 2)", "header has 7 cells and this record 4"),
    "header_repeated.csv": ("record 2 (line 3)", "repeats the header"),
    "two_exports_joined.csv": ("record 2 (line 3)", "repeats the header"),
    "columns_have_moved.csv": ('column 1 "Email"', "only 1 of 3 emails have an @"),
    # bytes that are not text, or not the text they are said to be
    "nul_byte.csv": ("record 2 (line 3)", "offset 97", "NUL"),
    "windows_1252.csv": ("record 1 (line 2)", "offset 49", "not valid utf-8", "--encoding cp1252"),
    "utf_16.csv": ("UTF-16",),
    "utf_16_without_mark.csv": ("UTF-16",),
    "workbook_renamed.csv": ("spreadsheet workbook",),
    "sign_in_page.csv": ("web page",),
    "two_byte_order_marks.csv": ("the header", "two byte order marks"),
    # files with nothing in them
    "empty.csv": ("it is empty",),
    "only_a_byte_order_mark.csv": ("it is empty",),
    "only_blank_lines.csv": ("line 1", "blank"),
    "blank_first_line.csv": ("line 1", "blank"),
    "header_only.csv": ("no contacts", "filter"),
    # other files, and files that a spreadsheet saved
    "semicolons.csv": ("the header", "spreadsheet"),
    "ids_with_exponent.csv": ("record 2 (line 3)", 'column 4 "ID"', "spreadsheet", "without opening it"),
    "ids_with_decimals.csv": ("record 2 (line 3)", 'column 3 "Member ID"', "spreadsheet"),
    "ids_as_hash_signs.csv": ("record 2 (line 3)", 'column 4 "ID"', "spreadsheet"),
    "ids_are_uuids.csv": ("record 1 (line 2)", 'column 1 "id"', "UUID"),
    "subscriptions.csv": ("subscriptions export", "contacts"),
    "transactions.csv": ("transactions export", "contacts"),
    # headers
    "no_email_column.csv": ("no Email column is among its 5", "known: Name, First Name (name), ID."),
    "no_header.csv": ("no Email column", "known: none."),
    "two_email_columns.csv": ('column 1 "Email" and column 3 "email "', "both give email"),
    "two_phone_handles.csv": ("column 2", "column 3", "both give phone_number"),
}
READ = {
    "kajabi_contacts.csv",
    "preprocessed_lower_case.csv",
    "translated_labels.csv",
    "no_final_line_end.csv",
    "blank_lines_at_the_end.csv",
    "line_separators_inside_cells.csv",
    "only_backslash_dot_in_one_column.csv",
    "repeated_and_blank_headers.csv",
}


def test_every_fixture_has_its_case() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == REFUSED.keys() | READ


@pytest.mark.usefixtures("chunk_bytes")
@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_and_the_message_says_where_and_why(name: str) -> None:
    message = refusal(EXPORTS / name)
    assert [part for part in REFUSED[name] if part not in message] == []
    assert [part for part in PERSONAL if part in message] == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_message_is_the_same_wherever_chunks_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = set()
    for size in CHUNK_SIZES:
        monkeypatch.setattr(csv_scanner, "CHUNK_BYTES", size)
        messages.add(refusal(EXPORTS / name))
    assert len(messages) == 1


OTHER_KINDS = {
    "gzip": (gzip.compress(b"Email\nann@example.org\n", mtime=0), "gzip"),
    "zip": (b"PK\x05\x06" + bytes(18), "zip"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "spreadsheet"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "rar"),
    "bzip2": (b"BZh91AY&SY\x00", "bzip2"),
    "xz": (b"\xfd7zXZ\x00\x00", "xz"),
    "zstd": (b"\x28\xb5\x2f\xfd\x00", "zstd"),
    "pdf": (b"%PDF-1.7\n", "document"),
    "rtf": (b"{\\rtf1 Email}", "document"),
    "html": (b"\xef\xbb\xbf <HTML>", "web page"),
    "xml": (b"<?xml version='1.0'?>", "web page"),
    "UTF-16 without its mark": ("Email\nann@example.org\n".encode("utf-16-be"), "UTF-16"),
    "UTF-16 with its mark": (b"\xfe\xff" + "Email\n".encode("utf-16-be"), "UTF-16"),
    "UTF-32": ("Email\n".encode("utf-32"), "UTF-16"),
}


# the ids are words: made of the bytes, they would have the time of day in them, which stands in what gzip makes
@pytest.mark.parametrize(("content", "kind"), OTHER_KINDS.values(), ids=OTHER_KINDS.keys())
def test_a_file_of_another_kind_is_refused_by_name(scratch: Path, content: bytes, kind: str) -> None:
    assert kind in refusal(written(scratch, content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.csv")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path)


def test_a_file_name_that_cannot_be_is_refused_and_shown_without_control_characters(tmp_path: Path) -> None:
    with pytest.raises(ExportRejected, match=r"^a<U\+0000>b: it cannot be read"):
        read_export(tmp_path / "a\0b", COLUMNS)


def test_a_file_without_permission_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "Permission denied" in refusal(EXPORTS / "kajabi_contacts.csv")


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "a pipe or a device" in refusal(tmp_path / "pipe.csv")


def test_an_endless_device_is_refused_without_reading_it() -> None:
    assert "a pipe or a device" in refusal(Path("/dev/zero"))


def test_a_file_above_the_limit_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as stream:
        stream.truncate(csv_scanner.FILE_LIMIT + 1)
    assert "limit" in refusal(tmp_path / "huge.csv")


@pytest.mark.parametrize("header", ["Tags", "Story (custom_1)"])
def test_a_cell_above_the_limit_is_refused(scratch: Path, header: str) -> None:
    cell = "Q" * (csv_scanner.CELL_LIMIT + 1)
    message = refusal(written(scratch, f"Email,{header}\na@example.org,x\nb@example.org,{cell}\n"))
    assert "record 2 (line 3), column 2" in message
    assert "1,000,000 characters" in message


@pytest.mark.parametrize("mark", ["", '"'])
def test_a_record_that_does_not_end_is_refused_before_it_fills_the_memory(scratch: Path, mark: str) -> None:
    cell = mark + "Q" * (3 * csv_scanner.RECORD_LIMIT)
    counts: list[int] = []
    content = f"Email,Tags\na@example.org,x\nb@example.org,{cell}\n"
    message = refusal(written(scratch, content), progress=counts.append)
    assert "record 2 (line 3), column 2" in message
    assert counts[-1] < 2 * csv_scanner.RECORD_LIMIT + csv_scanner.CHUNK_BYTES


def test_a_cell_of_nothing_but_line_ends_and_quotes_takes_no_time_of_its_square(scratch: Path) -> None:
    cell = '"' + '""\n' * 300_000 + '"'
    _, rows = rows_of(written(scratch, f"Email,Tags\na@example.org,{cell}\n"))
    assert column(rows, "tags") == ['"\n' * 300_000]


def test_a_long_record_is_read_in_growing_steps(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_scanner, "CHUNK_BYTES", 10)
    counts: list[int] = []
    written(scratch, f"Email,Tags\na@example.org,{'x' * 100_000}\n")
    rows_of(scratch, counts.append)
    assert len(counts) < 40


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("header", ["Email", "Name", "Label (name)", "First Name", "Last Name"])
def test_a_line_break_of_any_kind_in_an_email_or_a_name_is_refused(scratch: Path, header: str, line_break: str) -> None:
    headers = "Email" if header == "Email" else f"Email,{header}"
    cells = f'"a@example.org{line_break}"' if header == "Email" else f'a@example.org,"A{line_break}B"'
    assert "a line break stands inside the cell" in refusal(written(scratch, f"{headers}\n{cells}\n"))


def test_a_header_with_an_at_sign_that_is_repeated_is_refused(scratch: Path) -> None:
    lines = ["Mail @ home (email),Tags", "a@example.org,x", "Mail @ home (email),Tags", "b@example.org,y"]
    assert "record 2 (line 3): it repeats the header" in refusal(written(scratch, "\n".join(lines)))


@pytest.mark.parametrize("number", ["1.2E+10", "1,2e10", "12E9", "123.0", "123.", " 2.1E+09 ", "#REF!", "abc", "12-34"])
@pytest.mark.parametrize("header", ["ID", "kajabi_id", "Member ID", "kajabi_member_id"])
def test_what_is_no_id_is_refused(scratch: Path, header: str, number: str) -> None:
    content = f'Email,{header}\na@example.org,2100000001\nb@example.org,"{number}"\n'
    assert "record 2 (line 3), column 2" in refusal(written(scratch, content))


@pytest.mark.parametrize("number", ["", " ", "2100000001", "'2100000001", "0", "007", "nan"])
def test_an_id_is_loaded_as_it_is_written(scratch: Path, number: str) -> None:
    assert column(rows_of(written(scratch, f"Email,ID\na@example.org,{number}\n"))[1], "kajabi_id") == [number]


def test_utf_8_may_be_named_in_any_way() -> None:
    encodings = ["UTF8", "utf-8-sig", "utf_8"]
    exports = [read_export(EXPORTS / "kajabi_contacts.csv", COLUMNS, encoding=name) for name in encodings]
    assert {export.encoding for export in exports} == {"utf-8"}


def test_a_byte_order_mark_before_bytes_that_are_not_utf_8_does_not_become_part_of_a_header(scratch: Path) -> None:
    written(scratch, b"\xef\xbb\xbfEmail,Tags\na@example.org,\xe9\n")
    assert "first bytes say that it is UTF-8" in refusal(scratch, encoding="cp1252")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["kajabi_contacts.csv", "line_separators_inside_cells.csv"])
def test_utf_8_that_is_said_to_be_something_else_is_refused(name: str, encoding: str) -> None:
    assert "UTF-8" in refusal(EXPORTS / name, encoding=encoding)


def test_bytes_that_the_named_encoding_lacks_are_refused(scratch: Path) -> None:
    written(scratch, b"Email,Tags\nann@example.org,\xe9\nbo@example.org,\x81\n")
    message = refusal(scratch, encoding="cp1252")
    assert "record 2 (line 3): the byte at offset 44 is not valid cp1252" in message


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-7", "cp037", "rot13", "base64", "raw_unicode_escape", "no-such-encoding", ""]
)
def test_an_encoding_that_cannot_be_read_is_refused_as_a_word_of_the_command_line(encoding: str) -> None:
    with pytest.raises(Usage, match="Nothing was loaded"):
        read_export(EXPORTS / "kajabi_contacts.csv", COLUMNS, encoding=encoding)


def test_a_header_that_may_be_a_person_is_not_shown(scratch: Path) -> None:
    message = refusal(written(scratch, "Name,quill@example.org,555-0100,Town\nAnn,x,y,z\n"))
    assert message.count("Name") == 1
    assert [text for text in ("quill", "555", "Town") if text in message] == []


def test_a_header_in_a_message_is_short_and_without_control_characters(scratch: Path) -> None:
    label = "\x1b[31m\u202e" + "long " * 50
    message = refusal(written(scratch, f"Email,{label}(phone_number),B (phone_number)\na@example.org,x,y\n"))
    assert "<U+001B>[31m<U+202E>long long" in message
    assert len(message) < 500


def test_a_fault_in_a_column_that_is_not_known_names_no_header(scratch: Path) -> None:
    message = refusal(written(scratch, 'Email,Ann Quill\na@example.org,x"\n'))
    assert "record 1 (line 2), column 2: " in message


def test_a_line_number_is_what_an_editor_shows(scratch: Path) -> None:
    before = 'Email,"Tags"\na@example.org,"1\r2\n3\r\n4"\nb@example.org,x\n'
    assert "record 3 (line 7), column 2" in refusal(written(scratch, before + 'c@example.org,x"\n'))
    assert "record 3 (line 7): " in refusal(written(scratch, before + "c@example.org\n"))


def test_half_of_the_emails_with_an_at_sign_are_enough(scratch: Path) -> None:
    assert rows_of(written(scratch, "Email,Tags\na@example.org,x\n,y\n"))[0].row_count == 2
    assert "only 1 of 3" in refusal(written(scratch, "Email,Tags\na@example.org,x\n,y\n,z\n"))


# --- files that change while they are read ---


def test_a_file_that_changed_between_check_and_load_fails_after_its_last_row(scratch: Path) -> None:
    written(scratch, "Email\nann@example.org\nbob@example.org\n")
    export = read_export(scratch, COLUMNS)
    written(scratch, "Email\nann@example.org\nbub@example.org\n")
    records = export.records(7)
    assert next(records) == b"7,1,ann@example.org\n7,2,bub@example.org\n"
    with pytest.raises(ExportRejected, match="changed between the check and the load"):
        next(records)


def test_a_file_with_other_headers_than_before_gives_no_record(scratch: Path) -> None:
    export = read_export(written(scratch, "Email,Tags\nann@example.org,x\n"), COLUMNS)
    records = export.records(7)
    written(scratch, "Tags,Email\nx,ann@example.org\n")
    with pytest.raises(ExportRejected, match="changed between the check and the load"):
        next(records)


@pytest.mark.parametrize(
    "content",
    ["", "Email\n", 'Email\n"ann@example.org', "\n\n", "Email\nann\0", "Email,Tags,ID\na,b\n", b"PK\x03\x04"],
)
def test_a_file_that_was_replaced_by_a_bad_one_fails_too(scratch: Path, content: str | bytes) -> None:
    written(scratch, "Email\nann@example.org\n")
    export = read_export(scratch, COLUMNS)
    written(scratch, content)
    with pytest.raises(ExportRejected):
        list(export.records(7))


def test_a_file_that_vanished_between_check_and_load_fails_too(scratch: Path) -> None:
    export = read_export(written(scratch, "Email\nann@example.org\n"), COLUMNS)
    scratch.unlink()
    with pytest.raises(ExportRejected, match="No such file"):
        list(export.records(7))


@pytest.mark.parametrize("size", [400_000, 1_000_000])
def test_a_file_that_grows_or_shrinks_while_it_is_read_is_refused(scratch: Path, size: int) -> None:
    written(scratch, "Email\n" + "ann@example.org\n" * 50_000)
    message = refusal(scratch, progress=lambda _: os.truncate(scratch, size))
    assert "size changed while it was read" in message


# --- properties ---

FREE_COLUMNS = ("Products", "Tags", "city", "state", "phone", "address_line_1", "Zip Code (address_zip)")
TEXTS = st.text(
    st.one_of(
        st.sampled_from(list("\",\r\n\t \\.'aé\u2028\u0085\ufeff\x1c😀")),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(0, len(FREE_COLUMNS)))
    cells = draw(st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [[f"{number}@example.org", *row] for number, row in enumerate(cells)]


@settings(STEADY, max_examples=400)
@given(
    table=tables(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\r\n", "\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    chunk=st.integers(1, 300),
)
def test_whatever_pythons_writer_writes_is_read_back_exactly(
    scratch: Path, *, table: list[list[str]], quoting: int, line_end: str, mark: str, chunk: int
) -> None:
    if quoting == csv.QUOTE_MINIMAL and line_end == "\n":
        # Python before 3.13 leaves a cell with a lone CR bare, which is no CSV and is rightly refused
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    header = ["Email", *FREE_COLUMNS[: len(table[0]) - 1]]
    text = io.StringIO()
    text.write(mark)
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([header, *table])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_scanner, "CHUNK_BYTES", chunk)
        export, rows = rows_of(written(scratch, text.getvalue()))
    read = [[row[RAW_COLUMNS.index(name)] for name in export.positions] for row in rows]
    assert read == table
    assert list(export.mapped_columns) == [name for name in RAW_COLUMNS if name in export.positions]
    assert export.row_count == len(table)


class NotCsvError(Exception):
    pass


def simple_cell(text: str, at: int) -> tuple[str, int]:
    value = ""
    if not text.startswith('"', at):
        while at < len(text) and text[at] not in '",\r\n':
            value += text[at]
            at += 1
        return value, at
    at += 1
    while at < len(text):
        if text.startswith('""', at):
            at += 1
        elif text[at] == '"':
            return value, at + 1
        value += text[at]
        at += 1
    raise NotCsvError


def simple_reader(content: bytes) -> list[list[str]]:
    """Read RFC 4180 one character at a time, in the plainest way there is, and refuse everything else."""
    text = content.decode("utf-8").removeprefix("\ufeff")
    records: list[list[str]] = []
    ends: set[str] = set()
    at = 0
    while at < len(text):
        cells: list[str] = []
        begin = at
        while not cells or text.startswith(",", at):
            cell, at = simple_cell(text, at + bool(cells))
            cells.append(cell)
        end = "\r\n" if text.startswith("\r\n", at) else text[at : at + 1]
        if end not in {"\r\n", "\n", ""}:
            raise NotCsvError
        records.append(cells if at > begin else [])
        ends.add(end)
        at += len(end)
    while records and not records[-1]:
        records.pop()
    if len(ends - {""}) > 1 or "\0" in text or any(len(row) != len(records[0]) for row in records):
        raise NotCsvError
    return records


def read_or_refused(path: Path, content: bytes) -> None:
    """Read the file and compare with the simple reader; a refusal is always right, a difference never is."""
    try:
        export, rows = rows_of(written(path, content))
    except ExportRejected as refused:
        message = str(refused)
    else:
        message = ""
    assert [part for part in PERSONAL if part in message] == []
    if message:
        return
    _, *records = simple_reader(content)
    assert rows == [
        tuple(row[export.positions[name]] if name in export.positions else None for name in RAW_COLUMNS)
        for row in records
    ]


SOUND = (
    'Email,Tags,ID,"City, (address_city)"\r\n'
    'ann.quill@example.org,"a ""b"", c",2100000001,"Quill\r\ntown"\r\n'
    "bo.quill@example.com,é,2100000002,\r\n"
    '"cy.quill@example.org","",2100000003,x\r\n'
)
DAMAGE = b'",\r\n\0 x.\\(@\xff\xc3\xef'


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("how", ["replaced", "inserted", "removed", "cut off"])
def test_one_byte_of_damage_anywhere_is_refused_or_changes_nothing_else(scratch: Path, how: str, line_end: str) -> None:
    sound = SOUND.replace("\r\n", line_end).encode()
    for position in range(len(sound)):
        before, after = sound[:position], sound[position + (how != "inserted") :]
        if how in {"removed", "cut off"}:
            read_or_refused(scratch, before + (after if how == "removed" else b""))
        else:
            for byte in DAMAGE:
                read_or_refused(scratch, before + bytes([byte]) + after)


@settings(STEADY, max_examples=400)
@given(data=st.data(), chunk=st.integers(1, 200))
@pytest.mark.parametrize("name", sorted(READ))
def test_several_bytes_of_damage_are_refused_or_change_nothing_else(
    scratch: Path, name: str, data: st.DataObject, chunk: int
) -> None:
    content = bytearray((EXPORTS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position : position + data.draw(st.integers(0, 2))] = data.draw(
            st.one_of(st.sampled_from([b'"', b'""', b'"\n', b",", b"\r\n", b"\n", b""]), st.binary(max_size=2))
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_scanner, "CHUNK_BYTES", chunk)
        read_or_refused(scratch, bytes(content))


@settings(STEADY, max_examples=1000)
@given(
    tail=st.text(st.sampled_from(list('a",\r\n')), max_size=30),
    chunk=st.integers(1, 40),
    end=st.sampled_from(["\r\n", "\n"]),
)
def test_any_tangle_of_quotes_commas_and_line_ends_is_read_rightly_or_refused(
    scratch: Path, tail: str, chunk: int, end: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_scanner, "CHUNK_BYTES", chunk)
        read_or_refused(scratch, f"Email,Tags{end}a@example.net,x{end}{tail}".encode())
