"""Bad input, nothing lost: one clear paragraph, the right exit code, and a database that is as it was before."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import struct
import threading
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg import sql

from console import Console, Outcome, console_in, digest
from loader.database import disposable
from loader.database.connection import Target, connect, pointed_at
from loader.database.statements import statement
from permissions import run_bound
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# every cell of a person in these tests holds one of these; none may leave through a message
CANARIES = ("quill", "brook", "example.org", "555-01", "48151623", "canary", "80540")
HEADER = (
    "Name,First Name,Last Name,Email,Products,Tags,ID,Member ID,Created At,Sign In Count,"
    "Phone Number (phone_number),Address (address_line_1),Address Line 2 (address_line_2),"
    "City (address_city),State (address_state),Country (address_country),Zip Code (address_zip),"
    "Favourite colour (custom_1)"
)
WIDTH = HEADER.count(",") + 1
ADA = {"email": "ada.quill@example.org", "first_name": "Ada Quill", "last_name": "Brook", "kajabi_id": "4815162301"}
BEN = {"email": "ben.quill@example.org", "first_name": "Ben Quill", "last_name": "Brook", "kajabi_id": "4815162302"}


def person(number: int, **cells: str) -> str:
    """One record of an export, a canary in every cell."""
    values = {
        "Name": f"Nia{number} Quill Brook", "First Name": f"Nia{number} Quill", "Last Name": "Brook",
        "Email": f"nia{number}.quill@example.org", "Products": "Canary course", "Tags": "canary",
        "ID": f"48151623{number:02}",
        "Member ID": f"48151623{number + 50}", "Created At": "2024-05-06 18:01:32 -0700", "Sign In Count": "48151623",
        "Phone Number (phone_number)": f"(303) 555-01{number:02}", "Address (address_line_1)": f"{number} Quill Street",
        "Address Line 2 (address_line_2)": "Brook house", "City (address_city)": "Quillville",
        "State (address_state)": "canary", "Country (address_country)": "Brookland", "Zip Code (address_zip)": "80540",
        "Favourite colour (custom_1)": "canary yellow",
    }  # fmt: skip
    assert not cells.keys() - values.keys()
    return ",".join((values | cells).values())


def export(*lines: str, end: str = "\r\n", start: str = "\ufeff") -> bytes:
    return (start + end.join((HEADER, *lines)) + end).encode()


PEOPLE = tuple(person(number) for number in range(1, 6))
SOUND = export(*PEOPLE)
SHORT = PEOPLE[1].rsplit(",", 2)[0]


def workbook() -> bytes:
    """A real spreadsheet workbook: a zip archive with the people in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{PEOPLE[0]}</t></si></sst>")
    return stream.getvalue()


# name -> the file, and what its refusal must say
REFUSED: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "it is empty"),
    "a byte order mark and nothing else": ("\ufeff".encode(), "it is empty"),
    "a header and nobody below": (export(), "a header and no contacts"),
    "no Email column": (
        SOUND.replace(b",Email,", b",Telegram,"),
        "the header: .*no Email column",
    ),
    "two Email columns": (
        SOUND.replace(b",Tags,", b",Email,"),
        'column 4 "Email" and column 6 "Email" both give email',
    ),
    "two phone columns of one handle": (
        SOUND.replace(b",Tags,", b",Telefon (phone_number),"),
        r"column 6 .* and column 11 .* both give phone_number",
    ),
    "a short record in the middle": (
        export(PEOPLE[0], SHORT, *PEOPLE[2:]),
        rf"record 2 \(line 3\): the header has {WIDTH} cells and this record {WIDTH - 2}",
    ),
    "a long record in the middle": (
        export(PEOPLE[0], PEOPLE[1] + ",canary", *PEOPLE[2:]),
        rf"record 2 \(line 3\): .* this record {WIDTH + 1}",
    ),
    "a stray quote inside a cell": (
        export(PEOPLE[0], person(2, **{"Last Name": 'Br"ook'})),
        r"record 2 \(line 3\), column 3 \"Last Name\": a quote",
    ),
    "a stray quote that opens a cell": (
        export(PEOPLE[0], person(2, **{"Last Name": '"Brook'}), *PEOPLE[2:]),
        r"record 2 \(line 3\), column 3 .*quote",
    ),
    "two stray quotes in neighbouring rows": (
        export(person(1, **{"Last Name": '"Brook'}), person(2, **{"Last Name": 'Brook"'})),
        r"record 1 \(line 2\).*fused",
    ),
    "text after a closing quote": (export(person(1, **{"Last Name": '"Bro"ok'})), r"record 1 \(line 2\), column 3"),
    "the last record cut off between cells": (
        export(*PEOPLE[:4], SHORT).removesuffix(b"\r\n"),
        r"record 5 \(line 6\).*as if cut off",
    ),
    "the last record cut off inside quotes": (
        export(*PEOPLE[:4]) + b'Nia,Nia,"Broo',
        r"record 5 \(line 6\), column 3 .*quote",
    ),
    "a line with nothing but a backslash and a dot": (
        export(*PEOPLE[:2], "\\.", *PEOPLE[2:]),
        rf"record 3 \(line 4\): the header has {WIDTH} cells and this record 1",
    ),
    "a NUL byte": (SOUND.replace(b"Nia3", b"Ni\0a3", 1), "the byte at offset .* is NUL"),
    "a byte that is not UTF-8": (
        SOUND.replace(b"Nia3", b"Ni\xffa3", 1),
        f"the byte at offset {SOUND.index(b'Nia3') + 2} is not valid utf-8",
    ),
    "UTF-16 with its mark": (SOUND.decode("utf-8-sig").encode("utf-16"), "UTF-16"),
    "UTF-16 without its mark": (SOUND.decode("utf-8-sig").encode("utf-16-le"), "NUL: damage, or UTF-16"),
    "cp1252 that nobody announced": (
        SOUND.decode("utf-8-sig").replace("Nia3", "Ni\xe93").encode("cp1252"),
        "not valid utf-8. .*--encoding cp1252",
    ),
    "a workbook renamed": (workbook(), "looks like a spreadsheet workbook or a zip archive"),
    "a sign-in page": (b"<!DOCTYPE html><html><body>canary</body></html>", "a document or a web page"),
    "a second header in the middle": (
        export(*PEOPLE[:2], HEADER, *PEOPLE[2:]),
        r"record 3 \(line 4\): it repeats the header",
    ),
    "line ends of two kinds": (SOUND.replace(b"yellow\r\n", b"yellow\n", 1), r"record 1 \(line 2\).*'\\n'"),
    "a blank line in the middle": (
        export(*PEOPLE[:2], "", *PEOPLE[2:]),
        r"\(line 4\): the line is blank, and records follow",
    ),
    "ids that a spreadsheet rounded": (
        export(PEOPLE[0], person(2, ID="1.2E+10")),
        r'record 2 \(line 3\), column 7 "ID": an id with an exponent',
    ),
    "ids with separators": (export(person(1, ID='"2,000,000,007"')), r'record 1 \(line 2\), column 7 "ID"'),
    "ids with letters": (export(person(1, ID="12a")), r'record 1 \(line 2\), column 7 "ID"'),
    "ids of more than 20 digits": (export(person(1, ID="1" * 21)), r'record 1 \(line 2\), column 7 "ID"'),
    "ids in other digits": (export(person(1, ID="\u0661\u0662")), r'record 1 \(line 2\), column 7 "ID"'),
    "ids with decimals": (export(person(1, ID="4815162301.0")), r'record 1 \(line 2\), column 7 "ID"'),
    "a line break in an email": (
        export(person(1, Email='"nia.quill@example.org\r\ncanary"')),
        r'column 4 "Email": a line break',
    ),
    "semicolons instead of commas": (
        (HEADER + "\r\n" + PEOPLE[0]).replace(",", ";").encode(),
        "the header: no comma separates its cells",
    ),
    "the subscriptions": (
        b"Kajabi Subscription ID,Amount,Customer Email\r\n48151623,canary,ada.quill@example.org\r\n",
        "it is Kajabi's subscriptions export",
    ),
    "the transactions": (
        b"Order No.,Type,Customer Email\r\n48151623,canary,ada.quill@example.org\r\n",
        "it is Kajabi's transactions export",
    ),
    "people without a header": ("\r\n".join(PEOPLE).encode(), "the header: .*no Email column"),
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("bad_input")) as console:
        yield console


@pytest.fixture(scope="module")
def kept(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A database in use, which every bad input must leave as it is: contacts, a baseline and a newest load."""
    name = database_name()
    with pointed_at(disposable.create(server, name)) as target:
        world = World(target, tmp_path_factory.mktemp("kept"))
        world.add_contacts({**ADA, "phone": "(303) 555-0101"}, {**BEN, "phone_source": "paypal"})
        world.load(ADA, as_baseline=True)
        world.load(ADA, BEN)
        yield world
    disposable.drop(server, name)


@contextmanager
def unchanged(world: World) -> Iterator[None]:
    before = digest(world)
    yield
    assert digest(world) == before


def check_refused(outcome: Outcome, code: int, pattern: str) -> None:
    """One paragraph that says this, the code, and nothing of any person."""
    assert outcome.code == code, outcome
    assert re.search(pattern, outcome.refusal), outcome.refusal
    shown = (outcome.out + outcome.err).casefold()
    assert not [canary for canary in CANARIES if canary in shown], shown


# --- the file ---


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_trusted_is_refused_and_nothing_is_loaded(
    console: Console, kept: World, tmp_path: Path, name: str
) -> None:
    content, pattern = REFUSED[name]
    file = tmp_path / "kajabi export.csv"
    file.write_bytes(content)
    with unchanged(kept):
        outcome = console.run("load", file)
    check_refused(outcome, 4, pattern)
    assert outcome.refusal.startswith("kajabi export.csv")
    assert outcome.refusal.endswith("Nothing was loaded.")


def test_weekly_refuses_a_bad_file_before_it_plans_anything(console: Console, kept: World, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(REFUSED["a short record in the middle"][0])
    with unchanged(kept):
        for options in ((), ("--json",)):
            check_refused(console.run("weekly", file, *options), 4, r"record 2 \(line 3\)")
    assert not kept.one("select to_regclass('kajabi_guard.plan_summary') as plan")["plan"]


def test_a_bad_file_is_not_declared_as_baseline_either(console: Console, kept: World, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(REFUSED["the last record cut off between cells"][0])
    with unchanged(kept):
        check_refused(console.run("load", "--as-base", file), 4, "as if cut off")


def too_long(folder: Path) -> Path:
    return folder / ("e" * 300 + ".csv")


def loop(folder: Path) -> Path:
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    return folder / "loop.csv"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "export.csv"


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a folder": (lambda folder: folder, "Is a directory"),
    "no such file": (lambda folder: folder / "export.csv", "No such file"),
    "no such folder": (below_a_file, "Not a directory"),
    "a name that is too long": (too_long, "File name too long"),
    "a link that leads to itself": (loop, "symbolic links"),
    "a pipe": (pipe, "it is a pipe or a device"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_readable_file_is_refused(console: Console, kept: World, tmp_path: Path, name: str) -> None:
    make, pattern = UNREADABLE[name]
    with unchanged(kept):
        check_refused(console.run("load", make(tmp_path)), 4, pattern)


LISTS: tuple[tuple[str, ...], ...] = (
    ("duplicate", "--from", "FILE"),
    ("decide", "--from", "FILE"),
    ("protect", "--from", "FILE"),
    ("unprotect", "--from", "FILE"),
    ("plan", "--compare-policy", "FILE"),
)
# every command that is given a file, the code that the README promises, and what it says has not happened
GIVEN_A_FILE = {
    **dict.fromkeys(
        (("load", "FILE"), ("load", "--as-base", "FILE"), ("weekly", "FILE"), ("weekly", "FILE", "--json")),
        (4, "Nothing was loaded"),
    ),
    **dict.fromkeys(LISTS, (2, "Nothing was (recorded|compared)")),
}


def but_its_database(outcome: Outcome) -> Outcome:
    """The outcome without the first line of a command that says where it works before it reads."""
    return replace(outcome, out=re.sub(r"\Adatabase kajabi_guard_test_\w+ on [^\n]*\n", "", outcome.out))


@pytest.mark.parametrize("command", GIVEN_A_FILE, ids=" ".join)
def test_a_file_that_may_not_be_read_is_refused(
    console: Console, server: dict[str, str], kept: World, tmp_path: Path, command: tuple[str, ...]
) -> None:
    code, pattern = GIVEN_A_FILE[command]
    file = tmp_path / "export.csv"
    file.write_bytes(SOUND)
    file.chmod(0)
    with unchanged(kept):
        outcome = run_bound(console, server, *(file if word == "FILE" else word for word in command))
    check_refused(but_its_database(outcome), code, rf"^export\.csv.* cannot be read.*Permission denied.*{pattern}")


def test_a_file_in_a_folder_that_may_not_be_entered_is_refused(
    console: Console, server: dict[str, str], kept: World, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "export.csv").write_bytes(SOUND)
    closed.chmod(0)
    with unchanged(kept):
        for command, (code, pattern) in GIVEN_A_FILE.items():
            words = (closed / "export.csv" if word == "FILE" else word for word in command)
            outcome = run_bound(console, server, *words)
            check_refused(but_its_database(outcome), code, f"Permission denied.*{pattern}")
    closed.chmod(0o700)


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_a_list_that_is_no_file_is_refused(
    console: Console, kept: World, tmp_path: Path, command: tuple[str, ...]
) -> None:
    with unchanged(kept):
        for name, (make, pattern) in UNREADABLE.items():
            if name != "a pipe":  # `--from <(...)` is a pipe, and is read
                outcome = console.run(*(make(tmp_path) if word == "FILE" else word for word in command))
                check_refused(but_its_database(outcome), 2, f"{pattern}.*Nothing was (recorded|compared)")


@pytest.mark.parametrize("mode", [0o000, 0o500], ids=["that may not be entered", "that may not be written in"])
def test_a_folder_for_files_is_refused(
    console: Console, server: dict[str, str], kept: World, tmp_path: Path, mode: int
) -> None:
    for place in ("", "a new folder"):
        closed = tmp_path / f"closed for {place}"
        closed.mkdir(mode)
        with unchanged(kept):
            outcome = run_bound(console, server, "export", "full", "--out", closed / place)
        closed.chmod(0o700)
        assert (outcome.code, list(closed.iterdir())) == (2, [])
        check_refused(outcome, 2, "Permission denied.*Nothing was written.*--out")


def test_an_encoding_that_does_not_exist_is_a_usage_error(console: Console, kept: World, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(SOUND)
    with unchanged(kept):
        check_refused(console.run("load", file, "--encoding", "klingon"), 2, "--encoding klingon is not an encoding")
        check_refused(console.run("load", file, "--encoding", "utf-16"), 2, "--encoding utf-16 is not an encoding")
        check_refused(console.run("load", file, "--encoding", "cp1252"), 4, "its first bytes say that it is UTF-8")


def test_a_usage_error_of_the_command_line_says_how_to_go_on(console: Console) -> None:
    for arguments in (
        ("load",),
        ("apply",),
        ("plan", "--first", "0"),
        ("plan", "--first", "x"),
        ("lode",),
        ("plan", "--what"),
    ):
        outcome = console.run(*arguments)
        assert outcome.code == 2, outcome
        assert "Nothing was done. For example: " in outcome.refusal
        assert "--help`" in outcome.refusal


# --- odd files that are right ---


def loaded(world: World) -> list[dict[str, str]]:
    return world.rows("""
        select contact_rows.* from kajabi_raw.contact_rows
        where load_id = (select load_id from kajabi_raw.loads order by newest_rank desc nulls last limit 1)
        order by row_number
    """)


def test_a_file_in_cp1252_is_loaded_exactly_once_it_is_announced(
    console: Console, world: World, tmp_path: Path
) -> None:
    names = ["Ren\xe9e \u20ac", "\u017d\u201cJos\xe9\u201d", "O\u2019Neil \u0160"]
    lines = [person(number, **{"First Name": name}) for number, name in enumerate(names, start=1)]
    file = tmp_path / "export.csv"
    file.write_bytes(export(*lines, start="").decode().encode("cp1252"))
    outcome = console.run("load", file, "--encoding", "cp1252")
    assert (outcome.code, outcome.err) == (0, "")
    assert [row["first_name"] for row in loaded(world)] == names
    assert world.one("select encoding from kajabi_raw.loads")["encoding"] == "cp1252"


def test_a_cell_of_100000_characters_is_loaded_exactly(console: Console, world: World, tmp_path: Path) -> None:
    cell = ('Quill "the second", \u00e9\U0001f600\r\n\\.\t\\N' * 5000)[:100_000]
    quoted = '"' + cell.replace('"', '""') + '"'
    file = tmp_path / "export.csv"
    file.write_bytes(export(PEOPLE[0], person(2, Tags=quoted), *PEOPLE[2:]))
    outcome = console.run("load", file)
    assert (outcome.code, outcome.err) == (0, "")
    rows = loaded(world)
    assert len(rows) == len(PEOPLE)
    assert rows[1]["tags"] == cell


def test_sound_oddities_are_loaded_as_they_are(console: Console, world: World, tmp_path: Path) -> None:
    odd = {
        "Tags": '"a,b"',
        "First Name": '"Nia ""Q"""',
        "City (address_city)": "'t Quill\u2028",
        "Products": "\\N",
        "Name": "",
    }
    for number, (end, start) in enumerate((("\r\n", "\ufeff"), ("\n", ""), ("\n", "\ufeff"))):
        file = tmp_path / f"export {number}.csv"
        file.write_bytes(export(person(1, **odd), PEOPLE[1], end=end, start=start) + end.encode() * 3)
        assert console.run("load", file).code == 0
        rows = loaded(world)
        assert [row["first_name"] for row in rows] == ['Nia "Q"', "Nia2 Quill"]
        assert (rows[0]["tags"], rows[0]["city"], rows[0]["products"]) == ("a,b", "'t Quill\u2028", "\\N")


def test_rows_that_share_an_id_or_an_email_are_loaded_and_the_plan_holds_all_but_one(
    console: Console, world: World, tmp_path: Path
) -> None:
    world.say_no_duplicates()
    world.add_contacts(ADA)
    stranger = {"Last Name": "Other", "Phone Number (phone_number)": ""}
    lines = (
        person(1, ID="4815162301", Email="ada.quill@example.org"),  # Ada, by both keys: this row decides
        person(2, ID="4815162390", Email="ADA.quill@example.org "),  # Ada again, by email alone
        person(3, ID="4815162355", Email="same.quill@example.org", **stranger),
        person(4, ID="4815162344", Email="Same.Quill@example.org", **stranger),  # the lowest id is inserted
        person(5, ID="4815162366", Email="one.quill@example.org", **stranger),
        person(6, ID="4815162366", Email="two.quill@example.org", **stranger),
    )
    file = tmp_path / "export.csv"
    file.write_bytes(export(*lines))
    outcome = console.run("weekly", file, "--json")
    assert outcome.code == 0, outcome
    held = world.rows("select row_number, hold_reason from kajabi_guard.quarantined_rows order by row_number")
    assert {row["row_number"]: row["hold_reason"] for row in held} == {
        2: "other_row_decides",
        3: "same_email_in_export",
        6: "same_id_in_export",
    }
    assert outcome.document["contacts"] | {"matched": 1, "new": 2, "held": 3} == outcome.document["contacts"]
    inserted = world.rows("select email from kajabi_guard.merge_plan where action = 'insert' order by email")
    assert [row["email"] for row in inserted] == ["one.quill@example.org", "same.quill@example.org"]


# --- the database ---


@contextmanager
def fake_server(*answers: bytes) -> Iterator[dict[str, str | None]]:
    """A server that speaks the start of PostgreSQL's protocol: no TLS, then these messages. Gives PG* variables."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    while (request := client.recv(4096)) and request[4:8] in {b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"}:
                        client.sendall(b"N")
                    if request and answers:
                        client.sendall(b"".join(answers))
                        client.recv(4096)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = str(listening.getsockname()[1])
        yield {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "anybody", "PGPASSWORD": "canary", "PGDATABASE": "crm"}
        with suppress(OSError):  # macOS knows no such thing for a socket that listens
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def message(kind: bytes, *fields: str) -> bytes:
    body = b"".join(field.encode() + b"\0" for field in fields)
    return kind + struct.pack(">i", len(body) + 4) + body


WRONG_PASSWORD = message(b"E", "SFATAL", "VFATAL", "C28P01", 'Mpassword authentication failed for user "anybody"', "")
WELCOME = b"R" + struct.pack(">ii", 8, 0)
VERSION_14 = message(b"S", "server_version", "14.9") + message(b"S", "client_encoding", "UTF8")
READY = b"K" + struct.pack(">iii", 12, 1, 1) + b"Z" + struct.pack(">i", 5) + b"I"
COMMANDS = (
    ("init",),
    ("load", "EXPORT"),
    ("weekly", "EXPORT"),
    ("plan",),
    ("report",),
    ("apply", "0123abcd"),
    ("history",),
    ("doctor",),
    ("duplicate", "old@example.net", "new@example.net"),
)
BUT_DOCTOR = [command for command in COMMANDS if command != ("doctor",)]  # doctor answers on stdout


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sound") / "export.csv"
    file.write_bytes(SOUND)
    return file


def run(console: Console, command: tuple[str, ...], sound: Path, variables: dict[str, str | None]) -> Outcome:
    return console.run(*(sound if word == "EXPORT" else word for word in command), variables=variables)


@pytest.mark.parametrize("command", BUT_DOCTOR, ids=" ".join)
def test_without_a_database_every_command_says_how_to_connect(
    console: Console, sound: Path, command: tuple[str, ...]
) -> None:
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith("PG")}
    outcome = run(console, command, sound, nothing)
    check_refused(outcome, 1, "No database is connected yet, so nothing was done. Type `./kajabi-guard connect`")
    assert "init --embedded" in outcome.refusal


def test_with_database_without_a_database_runs_nothing(console: Console, tmp_path: Path) -> None:
    nothing: dict[str, str | None] = {name: None for name in os.environ if name.startswith("PG")}
    outcome = console.run("with-database", "touch", tmp_path / "ran", variables=nothing)
    check_refused(outcome, 1, "No database is connected yet")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", BUT_DOCTOR, ids=" ".join)
def test_a_server_below_15_is_refused_by_every_command(console: Console, sound: Path, command: tuple[str, ...]) -> None:
    with fake_server(WELCOME, VERSION_14, READY) as variables:
        outcome = run(console, command, sound, variables)
    check_refused(outcome, 1, "PostgreSQL 14.9; the guarded MERGE needs 15 or later. Nothing was done")


@pytest.mark.parametrize(
    ("answers", "detail", "remedy"),
    [
        ((WELCOME, VERSION_14, READY), "PostgreSQL 14.9; the guarded MERGE needs 15 or later", "Upgrade the server"),
        ((WRONG_PASSWORD,), 'password authentication failed for user "anybody"', "`./kajabi-guard connect` asks again"),
        ((), "cannot be used", "Check that the server is up"),
    ],
)
def test_doctor_answers_on_stdout_whatever_the_server_says(
    console: Console, answers: tuple[bytes, ...], detail: str, remedy: str
) -> None:
    with fake_server(*answers) as variables:
        outcome = console.run("doctor", "--json", variables=variables)
    first = outcome.document[0]
    assert (outcome.code, first["check"], first["status"]) == (1, "connection", "problem")
    assert (detail in first["detail"], remedy in first["remedy"]) == (True, True), first
    assert "canary" not in outcome.out


def test_a_wrong_password_is_told_and_not_shown(console: Console, sound: Path) -> None:
    with fake_server(WRONG_PASSWORD) as variables:
        for command in (("load", "EXPORT"), ("plan",)):
            outcome = run(console, command, sound, variables)
            check_refused(outcome, 1, 'password authentication failed for user "anybody". Nothing was done.*connect')
        url = f"postgresql://anybody:canary@127.0.0.1:{variables['PGPORT']}/crm"
        check_refused(console.run("--database-url", url, "plan"), 1, "password authentication failed")
        check_refused(console.run("plan", variables={"DATABASE_URL": url}), 1, "password authentication failed")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_not_there_is_named_with_the_reason(console: Console, sound: Path, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = str(closed.getsockname()[1])
    variables: dict[str, str | None] = {"PGHOST": host, "PGPORT": port, "PGUSER": "anybody", "PGDATABASE": "crm"}
    outcome = run(console, ("load", "EXPORT"), sound, {**variables})
    check_refused(
        outcome, 1, "database crm on this machine as anybody cannot be used: .*[Cc]onnection refused.*Nothing was done"
    )


def test_a_server_that_hangs_up_is_reported(console: Console, sound: Path) -> None:
    with fake_server() as variables:
        check_refused(run(console, ("plan",), sound, variables), 1, "cannot be used: .*Nothing was done")


def test_a_time_limit_that_is_no_number_is_no_crash(console: Console) -> None:
    check_refused(
        console.run("history", variables={"PGCONNECT_TIMEOUT": "soon"}), 1, "cannot be used: .*Nothing was done"
    )


def test_a_database_that_does_not_exist_is_named(console: Console, kept: World) -> None:
    name = f"nowhere_{uuid4().hex[:8]}"
    with unchanged(kept):
        check_refused(
            console.run("plan", variables={"PGDATABASE": name}),
            1,
            f"The database {name} on .* does not exist.*Nothing was done",
        )


@pytest.mark.parametrize("command", BUT_DOCTOR, ids=" ".join)
def test_without_a_contacts_table_nothing_is_made(
    console: Console, target: Target, sound: Path, command: tuple[str, ...]
) -> None:
    outcome = run(console, command, sound, {})
    check_refused(outcome, 1, "no table public.contacts, so there is nothing to protect and nothing was done.*doctor")
    with connect(target) as connection:
        made = connection.execute("select nspname from pg_namespace where nspname ~ 'kajabi'").fetchall()
    assert made == []


def test_doctor_names_the_table_that_is_missing(console: Console, target: Target) -> None:
    outcome = console.run("doctor", "--json")
    assert outcome.code == 1
    (found,) = [finding for finding in outcome.document if finding["check"] == "contacts table"]
    assert found["status"] == "problem"
    assert "no table public.contacts" in found["detail"]
    assert target.settings["PGDATABASE"] in json.dumps(outcome.document)


def test_a_contacts_table_without_a_column_that_is_needed_is_refused(
    console: Console, world: World, sound: Path
) -> None:
    world.add_contacts(ADA)
    world.load(ADA)
    world.run("alter table public.contacts drop column source_system, drop column postal_code")
    with unchanged(world):
        for command in (("init",), ("plan",), ("apply", "0123abcd")):
            outcome = run(console, command, sound, {})
            check_refused(outcome, 1, "public.contacts lacks source_system.*Nothing was done")
    check_refused(run(console, ("weekly", "EXPORT", "--json"), sound, {}), 1, "public.contacts lacks source_system")


# --- the role ---


@contextmanager
def login_role(world: World, *grants: str) -> Iterator[dict[str, str | None]]:
    """An ordinary role that may log in, and what it is granted besides. Gives the PG* variables of this role."""
    name, password = f"visitor_{uuid4().hex[:8]}", uuid4().hex
    role = sql.Identifier(name)
    with world.connect() as connection:
        connection.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
        for grant in grants:
            connection.execute(sql.SQL(grant + " to {}").format(role))
    try:
        yield {"PGUSER": name, "PGPASSWORD": password}
    finally:
        with world.connect() as connection:
            connection.execute(sql.SQL("drop owned by {}; drop role {}").format(role, role))


OURS = "kajabi_raw, kajabi_ledger, kajabi_guard"
ALL_BUT_CONTACTS = (
    f"grant usage, create on schema {OURS}",
    f"grant all on all tables in schema {OURS}",
    f"grant all on all sequences in schema {OURS}",
    f"grant execute on all functions in schema {OURS}",
)


@pytest.mark.parametrize("command", BUT_DOCTOR, ids=" ".join)
def test_a_role_without_any_right_is_told_so_and_changes_nothing(
    console: Console, kept: World, sound: Path, command: tuple[str, ...]
) -> None:
    with login_role(kept) as variables, unchanged(kept):
        outcome = run(console, command, sound, variables)
    check_refused(outcome, 1, "lacks a privilege|may not")
    assert "init" in outcome.refusal or "42501" in outcome.refusal


def test_doctor_tells_a_role_without_any_right_what_it_needs(console: Console, kept: World) -> None:
    with login_role(kept) as variables, unchanged(kept):
        outcome = console.run("doctor", "--json", variables=variables)
    problems = {finding["check"]: finding for finding in outcome.document if finding["status"] == "problem"}
    lacking = {"may load", "may plan", "may apply", "may undo", "tables of kajabi-guard"}
    assert (outcome.code, set(problems)) == (1, lacking)
    assert all("init" in finding["remedy"] for finding in problems.values())


def test_a_role_that_may_not_create_our_tables_is_sent_to_the_owner(
    console: Console, target: Target, sound: Path
) -> None:
    with connect(target) as connection:
        connection.execute(statement("demo_contacts"))
    world = World.__new__(World)
    world.target = target
    with login_role(world, "grant select, insert, update on public.contacts") as variables, unchanged(world):
        for command in (("init",), ("load", "EXPORT"), ("history",)):
            outcome = run(console, command, sound, variables)
            check_refused(outcome, 1, "may not create them .*42501.*Nothing was done. Let the owner .* init")


def test_a_role_that_may_not_read_contacts_gets_no_plan(console: Console, kept: World) -> None:
    with login_role(kept, *ALL_BUT_CONTACTS) as variables, unchanged(kept):
        for command in (("plan",), ("apply", "0123abcd")):
            outcome = console.run(*command, variables=variables)
            check_refused(outcome, 1, "may not read public.contacts.*Nothing was done.*grant")


def test_row_security_that_hides_contacts_is_refused_by_plan_and_apply(
    console: Console, kept: World, sound: Path
) -> None:
    grants = (*ALL_BUT_CONTACTS, "grant select, insert, update on public.contacts")
    kept.run("alter table public.contacts enable row level security")
    kept.run("create policy few on public.contacts using (city = 'nowhere')")
    try:
        with login_role(kept, *grants) as variables:
            role = variables["PGUSER"]
            with unchanged(kept):
                for command in (("plan",), ("apply", "0123abcd")):
                    outcome = run(console, command, sound, variables)
                    check_refused(outcome, 1, f"Row-level security on public.contacts may hide rows from {role}")
            found = console.run("doctor", "--json", variables=variables)
            assert found.code == 1
            # the seed tables that `init` has made are its owner's, and only an owner may replace them
            problems = [row["check"] for row in found.document if row["status"] == "problem"]
            assert problems == ["may plan", "row-level security"]
    finally:
        kept.run("drop policy few on public.contacts")
        kept.run("alter table public.contacts disable row level security")


# --- whatever nobody foresaw ---


def test_a_fault_of_our_own_is_one_paragraph_without_the_words_of_the_error(
    console: Console, kept: World, sound: Path
) -> None:
    break_it = """
import loader.cli.steps as steps
def fail(*arguments, **options):
    raise ValueError("could not read 'ada.quill@example.org'")
steps.load_export = fail
"""
    with unchanged(kept):
        outcome = console.run("load", sound, before=break_it)
    check_refused(outcome, 1, r"A fault in kajabi-guard itself: ValueError in fail .*Please report")


def test_a_disk_that_is_full_is_named(console: Console, kept: World, sound: Path) -> None:
    break_it = """
import errno, os, loader.cli.steps as steps
def fail(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
steps.load_export = fail
"""
    with unchanged(kept):
        outcome = console.run("load", sound, before=break_it)
    check_refused(outcome, 1, "somewhere: No space left on device")


def test_with_database_names_a_program_that_is_not_there(console: Console, kept: World) -> None:
    with unchanged(kept):
        check_refused(console.run("with-database", "no-such-program"), 1, "no-such-program: No such file")
