"""What a person sees: 80 columns, whatever the values are; emphasis and progress on a terminal only."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from console import Console, console_in
from loader.common.console import folded
from test_commands import database
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WIDE = "東京都渋谷区神南一丁目" * 4
EMOJI = "👩\u200d👩\u200d👧\U0001f44d\U0001f3fd❤\ufe0f" * 6
COMBINED = "e\u0301a\u0308" * 30
HOSTILE = "x\u202egnp.exe\u2066\x1b[31mred\x1b[2J\x07\x9b5m\x7f"
LONG = "l" * 60
PEOPLE: list[dict[str, str | None]] = [
    {"email": f"{LONG}.quill@example.org", "first_name": WIDE, "last_name": EMOJI},
    {"email": "東京.quill@example.org", "first_name": COMBINED, "last_name": HOSTILE},
    {"email": "plain.quill@example.org", "first_name": "Ada", "phone": "(303) 555-0101", "phone_source": WIDE},
]
EXPORT: list[dict[str, str | None]] = [
    {**PEOPLE[0], "city": WIDE, "phone": "+1 303 555 0142"},
    {**PEOPLE[1], "first_name": WIDE + HOSTILE, "city": HOSTILE + COMBINED},
    {**PEOPLE[2], "phone": "(720) 555-0155", "phone_source": None},
    {"email": f"new.{LONG}@example.org", "first_name": HOSTILE, "last_name": WIDE, "city": EMOJI},
    {"email": "", "first_name": EMOJI, "kajabi_id": "4815162306"},
]
SGR = re.compile(r"\x1b\[[0-9;]*m")
# what a progress line does to its own line, and nothing else
MOVES = re.compile(r"\x1b\[(?:\?25[lh]|[0-9]*[AK]|1G)|\r")
PERSON = {"KAJABI_GUARD_PERSON": f"Zoë {HOSTILE} {WIDE}"}


def width(line: str) -> int:
    """Columns on a terminal, counted without the library that lays the text out."""
    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Me", "Cf"} or "\U0001f3fb" <= character <= "\U0001f3ff"
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in line
    )


def assert_fits(text: str) -> None:
    """Every line fits; a command or a path may be longer, because it is there to be pasted."""
    lines = [line for line in text.split("\n") if "./kajabi-guard" not in line and not line.startswith("Files: ")]
    assert [line for line in lines if width(line) > 80] == []
    odd = {
        character for line in text.split("\n") for character in line if unicodedata.category(character) in {"Cc", "Cf"}
    }
    assert odd == set(), "a control or direction character of a value reached the screen"


def words(seen: Seen) -> list[str]:
    """The lines without their emphasis."""
    return [line.rstrip() for line in SGR.sub("", seen.out).split("\n")]


@dataclass(frozen=True)
class Seen:
    """A command on a terminal: what went to stdout and to stderr, as the terminal got it."""

    code: int
    out: str
    err: str


def on_terminal(console: Console, *arguments: object, variables: Mapping[str, str | None]) -> Seen:
    """Run a command whose stdout and stderr are two terminals."""
    ends = [pty.openpty(), pty.openpty()]
    process = subprocess.Popen(
        [sys.executable, "-m", "loader", *map(str, arguments)], cwd=console.project,
        stdout=ends[0][1], stderr=ends[1][1], env=console.environment({"TERM": "xterm-256color", **variables}),
    )  # fmt: skip
    shown = [b"", b""]

    def read(number: int) -> None:
        try:
            while part := os.read(ends[number][0], 4096):
                shown[number] += part
        except OSError:  # Linux says so at the end of a terminal
            pass

    for _, theirs in ends:
        os.close(theirs)
    readers = [threading.Thread(target=read, args=(number,)) for number in (0, 1)]
    for reader in readers:
        reader.start()
    code = process.wait(timeout=300)
    for reader in readers:
        reader.join()
    for ours, _ in ends:
        os.close(ours)
    return Seen(code, *(part.decode().replace("\r\n", "\n") for part in shown))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("terminal")) as console:
        yield console


@pytest.fixture(scope="module")
def world(server: dict[str, str], console: Console, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Hostile people, a hostile file name, and the plan of it."""
    with database(server) as target:
        made = World(target, tmp_path_factory.mktemp("hostile"))
        made.say_no_duplicates()
        made.add_contacts(*PEOPLE)
        file = made.write_export(EXPORT)
        renamed = file.rename(file.with_name(f"{HOSTILE.replace('/', '')} {WIDE}.csv"))
        loaded = console.run("load", renamed)
        assert (loaded.code, loaded.err) == (0, ""), loaded
        assert_fits(loaded.out)
        made.plan()
        yield made


@pytest.fixture
def copy(server: dict[str, str], world: World, tmp_path: Path) -> Iterator[World]:
    """The same, to be changed: the tests that only look come before or after."""
    with database(server, template=world.target.settings["PGDATABASE"]) as target:
        yield World(target, tmp_path)


def asked() -> list[tuple[str, ...]]:
    emails = [str(row["email"]) for row in (*PEOPLE, EXPORT[3])]
    return [("report",), ("history",), *(("explain", email) for email in emails), ("explain", "4815162306")]


@pytest.mark.parametrize("arguments", asked(), ids=lambda words: " ".join(words)[:20])
def test_what_is_piped_is_plain_and_fits(console: Console, world: World, arguments: tuple[str, ...]) -> None:
    assert world
    outcome = console.run(*arguments, variables={"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200"})
    assert (outcome.code, outcome.err) == (0, "")
    assert_fits(outcome.out)


def test_a_terminal_gets_emphasis_and_progress_and_the_same_words(console: Console, world: World) -> None:
    assert world
    for arguments in (("report",), ("explain", "plain.quill@example.org")):
        seen = on_terminal(console, *arguments, variables={})
        assert seen.code == 0
        assert SGR.search(seen.out)
        assert_fits(SGR.sub("", seen.out))
        assert "Connecting" in seen.err
        frames = {frame for frame in re.split(rf"(?:{MOVES.pattern})+|\n", SGR.sub("", seen.err)) if frame}
        assert not [frame for frame in frames if "\x1b" in frame]
        # how often a line is drawn anew is a matter of how long the command takes
        labels = {frame[1:].strip() for frame in frames}
        assert labels <= {"Connecting", "Reading the plan", "Looking at the plan"}, "status lines, nothing else"
        assert max(map(width, frames)) <= 80
        piped = console.run(*arguments, cwd=console.project)
        assert words(seen) == [line.rstrip() for line in piped.out.split("\n")]
        assert piped.err == ""


def test_no_color_and_a_dumb_terminal_are_respected(console: Console, world: World) -> None:
    assert world
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        seen = on_terminal(console, "explain", "plain.quill@example.org", variables=variables)
        assert seen.code == 0
        assert "\x1b" not in seen.out
        assert "\x1b[3" not in seen.err, "no colour in the progress line either"


def figures(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"(?<![\w-])\d[\d,]*(?![\w-])", text)]


def test_the_figures_of_the_text_are_those_of_the_json(console: Console, world: World) -> None:
    assert world
    document = console.run("report", "--json").document
    text = " ".join(console.run("report").out.split())
    old, contacts, values = document["old_import"], document["contacts"], document["values"]
    for sentence, numbers in {
        r"Of \d+ p.*? corrected data": [
            old["contacts_changed"], old["enriched_contacts"],
            old["enriched_linked_to_paypal"], old["enriched_linked_to_zoho"], old["corrected_contacts"],
        ],
        r"Kajabi's export: .*? not in the export": [
            contacts["in_export"], contacts["matched"], contacts["new"], contacts["held"],
            contacts["in_database"], contacts["only_in_database"],
        ],
        r"In all it fills .*? new p": [
                number for number in (values["fill"], values["link"], document["writes"]["inserted_contacts"]) if number
            ],
        r"\d+ values? on \d+ contact": [
            values["fill"] + values["update"] + values["link"], document["writes"]["updated_contacts"],
        ],
    }.items():  # fmt: skip
        found = re.search(sentence, text)
        assert found, sentence
        assert figures(found[0]) == numbers
    for rule, number in document["rules"].items():
        if number:
            assert f"{document['rule_labels'][rule]} {number:,}" in text


def test_apply_and_history_fit_and_agree_whoever_runs_them(console: Console, copy: World) -> None:
    """Refused, rehearsed, applied: on a terminal, by somebody with a hostile name."""
    fingerprint = copy.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"]
    rehearsed = on_terminal(console, "apply", fingerprint[:8], "--dry-run", variables=PERSON)
    assert rehearsed.code == 0
    assert "Rehearsing" in rehearsed.err
    copy.run("update public.contacts set city = 'Lyons' where email = 'plain.quill@example.org'")
    copy.run("update public.contacts set city = 'Elsewhere' where email like 'l%%'")
    refused = on_terminal(console, "apply", fingerprint, variables=PERSON)
    assert (refused.code, refused.out) == (5, "")
    copy.run("update public.contacts set city = null")
    applied = console.run("apply", fingerprint, "--json", variables=PERSON)
    run = applied.document
    assert run["status"] == "applied"
    piped, seen = console.run("history"), on_terminal(console, "history", variables={})
    for text in (SGR.sub("", rehearsed.out), piped.out, SGR.sub("", seen.out)):
        assert_fits(text)
    assert words(seen) == [line.rstrip() for line in piped.out.split("\n")]
    (newest, oldest) = console.run("history", "--json").document
    assert (newest["status"], oldest["status"]) == ("applied", "refused")
    line = next(line for line in piped.out.split("\n") if " applied " in line)
    assert figures(line.split(newest["finished_at_utc"])[0])[0] == newest["run_id"]
    tail = [newest["values_written"], newest["links_written"], newest["inserted_contacts"]]
    assert re.search(rf"\s{tail[0]}\s+{tail[1]}\s+\+{tail[2]}$", line), line
    assert f"Run {oldest['run_id']} wrote nothing: " in piped.out
    assert "city of contact" in piped.out.replace("\n", " ")


def test_a_plan_on_a_terminal_names_the_step_that_it_works_on(console: Console, copy: World) -> None:
    assert copy
    seen = on_terminal(console, "plan", variables={})
    assert seen.code == 0
    assert "dbt computes the plan" in seen.err
    assert_fits(SGR.sub("", seen.out))
    assert "\x1b[31mred" not in seen.out + seen.err
    document: dict[str, Any] = json.loads(console.run("report", "--json").out)
    assert document["fingerprint"][:8] in seen.out


FOLDED: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", [""]),
    "wide words": (" ".join(["wide 日本"] * 12), [" ".join(["wide 日本"] * 8), " ".join(["wide 日本"] * 4)]),
    "a word that is too long": ("x" * 90 + " y", ["x" * 90, "y"]),
    "blanks": ("ok       kept apart", ["ok       kept apart"]),
    "signs that nobody sees": ("a\x1b[31m\u202eb", ["a<U+001B>[31m<U+202E>b"]),
    "a script without blanks": (WIDE + "b c", ["東京都渋谷区神南一丁目" * 3 + "東京都渋谷区神", "南一丁目b c"]),
    "letters with marks of their own": (COMBINED + " end", [COMBINED + " end"]),
}


@pytest.mark.parametrize(("text", "lines"), FOLDED.values(), ids=FOLDED.keys())
def test_a_paragraph_is_folded_by_what_it_takes_on_the_screen(text: str, lines: list[str]) -> None:
    assert folded(text).split("\n") == lines
    assert all(width(line) <= 80 for line in lines if " " in line)
