"""What ``--help`` shows and what a mistyped command line gets: it can be pasted, and names what the code reads."""

from __future__ import annotations

import csv
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from loader.cli.help import SECTIONS, Command
from loader.cli.main import cli, main
from loader.common.errors import ExportRejected, Usage
from loader.common.fields import DECIDED, FIELD_NAMES, IDS, OPT_OUT, PROTECTED, field_of, listed
from loader.common.site_settings import POLICIES
from loader.common.spreadsheet import read_rows
from loader.kajabi.inbound.export_file import EXPORT_COLUMNS, load_column_map, read_export
from loader.kajabi.inbound.load import KAJABI_COLUMNS
from loader.merge.compare_policy import POLICY_COLUMNS, compare_policy
from loader.stewardship import merged_contacts, overrides

if TYPE_CHECKING:
    from collections.abc import Callable

    from loader.common.columns import Columns

PROJECT = Path(__file__).parents[3]
COMMANDS = sorted(cli.commands)
WIDTH = 80
ONLY_READ: Any = None  # instead of a database: a file is refused before anybody connects


@dataclass(frozen=True)
class Seen:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """The refusal on one line; nothing else was printed."""
        assert not self.out
        assert [line for line in self.err.split("\n") if len(line) > WIDTH and not line.startswith("   ")] == []
        return " ".join(self.err.split())

    @property
    def commands(self) -> list[list[str]]:
        """The words after the tool's name of every command that stands on a line of its own."""
        return [shlex.split(line)[1:] for line in re.findall(r"(?m)^ +(\./kajabi-guard .*)$", self.out + self.err)]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Seen]:
    """Type a command line in a folder of its own, in which no database is known."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("KAJABI_GUARD_PROGRAM", raising=False)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def run(*words: str) -> Seen:
        monkeypatch.setattr(sys, "argv", ["kajabi-guard", *words])
        mask = os.umask(0o077)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(mask)
        shown = capsys.readouterr()
        return Seen(int(ended.value.code or 0), shown.out, shown.err)

    return run


def command(name: str) -> Command:
    found = cli.commands[name]
    assert isinstance(found, Command), f"{name} does not say its place in the help"
    return found


def parsed(words: list[str]) -> dict[str, Any]:
    """The parameters of a command line; a UsageError fails the test."""
    name, *rest = [word for word in words if word != "--practice"]
    with cli.commands[name].make_context(name, rest) as context:
        return context.params


# --- the help ---


def test_the_help_has_five_sections_the_weekly_ones_first_and_each_command_once(typed: Callable[..., Seen]) -> None:
    seen = typed("--help")
    _, *parts = re.split(r"(?m)^(\w[\w ]+):$", seen.out.partition("-h, --help")[2])
    sections = {title: re.findall(r"(?m)^  ([a-z-]+) ", text) for title, text in zip(*[iter(parts)] * 2, strict=True)}
    assert tuple(sections) == SECTIONS == ("Every week", "Deciding", "Looking", "Undoing and erasing", "Setting up")
    assert sections["Every week"][0] == "weekly"
    assert sorted(name for names in sections.values() for name in names) == COMMANDS
    indents = {len(name) for name in re.findall(r"(?m)^(  [a-z-]+  +)\S", "".join(parts))}
    assert len(indents) == 1, "the lines of all sections begin in one column"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_that_can_be_pasted_and_what_its_words_mean(
    typed: Callable[..., Seen], name: str
) -> None:
    seen = typed(name, "--help")
    assert (seen.code, seen.err) == (0, "")
    assert [line for line in seen.out.split("\n") if len(line) > WIDTH] == []
    _, _, examples = seen.out.partition("\nExample:\n")
    assert examples
    assert [words[0] for words in seen.commands] == [name] * len(command(name).examples)
    for words in seen.commands:
        parsed(words)
    for each in command(name).params:
        if isinstance(each, click.Argument):
            words = re.findall(r"\b[A-Z_]{3,}\b", each.metavar or (each.name or "").upper())
            assert all(re.search(rf"(?m)^  {word} ", seen.out) for word in words), words


# --- the columns of files ---

LISTS: dict[str, tuple[Columns, Callable[[Path], Any]]] = {
    "decide": (overrides.DECIDE_COLUMNS, lambda path: overrides.decide_file(ONLY_READ, path, "why")),
    "protect": (overrides.PROTECT_COLUMNS, lambda path: overrides.protect_file(ONLY_READ, path, "why")),
    "unprotect": (overrides.PROTECT_COLUMNS, lambda path: overrides.protect_file(ONLY_READ, path, "why")),
    "duplicate": (merged_contacts.MERGED_COLUMNS, lambda path: merged_contacts.record_file(ONLY_READ, path)),
    "plan": (POLICY_COLUMNS, lambda path: compare_policy(ONLY_READ, path)),
    "load": (EXPORT_COLUMNS, lambda path: read_export(path, load_column_map(KAJABI_COLUMNS))),
    "weekly": (EXPORT_COLUMNS, lambda path: read_export(path, load_column_map(KAJABI_COLUMNS))),
}


def test_every_command_that_takes_a_file_shows_its_columns(typed: Callable[..., Seen]) -> None:
    takes = {name for name in COMMANDS if re.search(r"\bFILE\b", typed(name, "--help").out)}
    assert takes == LISTS.keys()
    for name, (columns, _) in LISTS.items():
        shown = typed(name, "--help").out.partition("\nColumns of FILE:\n")[2]
        assert re.findall(r"(?m)^  (\w+)  +\(required\) ", shown) == list(columns.required), name
        assert re.findall(r"(?m)^  (\w+)  +(?!\()\S", shown) == list(columns.optional), name


@pytest.mark.parametrize("name", LISTS)
def test_a_file_without_a_column_that_the_help_calls_required_is_refused(name: str, tmp_path: Path) -> None:
    columns, use = LISTS[name]
    for required in columns.required:
        file = tmp_path / "list.csv"
        header = [column for column in columns.names if column != required]
        file.write_text(",".join(header) + "\n" + ",".join("x@example.org" for _ in header) + "\n", encoding="utf-8")
        with pytest.raises((Usage, ExportRejected)) as refused:
            use(file)
        assert required.lower() in str(refused.value).lower()


def test_the_columns_of_a_policy_and_of_an_export_are_those_of_the_seeds() -> None:
    with (PROJECT / "seeds" / "field_policies.csv").open(encoding="utf-8", newline="") as seed:
        assert sorted(next(csv.reader(seed))) == sorted(POLICY_COLUMNS.names)
    assert all(policy in POLICY_COLUMNS.required["policy"] for policy in POLICIES)
    headers = load_column_map(KAJABI_COLUMNS)
    assert [(headers.find(name) or ("",))[0] for name in EXPORT_COLUMNS.names] == ["email", "kajabi_id"]


def test_nothing_is_read_of_a_list_but_the_columns_that_the_help_shows(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Remark;Field;Email\n x ; phone ;a@example.org\nshort\n", encoding="utf-8")
    rows = read_rows(file, overrides.PROTECT_COLUMNS)
    assert rows == [{"email": "a@example.org", "field": "phone"}, {"email": "", "field": ""}]


# --- fields ---


@pytest.mark.parametrize("field", [*FIELD_NAMES, "address", OPT_OUT])
def test_a_field_is_known_by_the_name_on_the_screen_however_it_is_typed(field: str) -> None:
    name = listed({field})
    for text in (name, name.upper(), name.replace(" ", "-"), name.replace(" ", "_"), f" {name.title()} ", field):
        assert field_of(text) == field, text


def test_a_field_that_is_none_is_refused_with_the_names_that_are_possible(typed: Callable[..., Seen]) -> None:
    for words, fields in (
        (("decide", "rosa@example.org", "shoe", "size", "ours"), DECIDED),
        (("protect", "rosa@example.org", "shoe size"), PROTECTED),
        (("unprotect", "rosa@example.org", "last nam"), PROTECTED),
    ):
        seen = typed(*words, "--because", "canary")
        assert seen.code == 2
        assert listed(fields) in seen.told
        assert "rosa" not in seen.err
    assert set(IDS) <= DECIDED
    assert all(listed(fields) in overrides.OUTCOMES["unknown_field"] for fields in (DECIDED, PROTECTED))


# --- paths without quotes, and other slips ---


@pytest.mark.parametrize(
    ("line", "file", "parameter"),
    [
        ("weekly this week.csv", "this week.csv", "file"),
        ("--practice load --as-baseline this - week.csv --encoding cp1252", "this - week.csv", "file"),
        ("duplicate --from merged people.csv", "merged people.csv", "file"),
        ("protect --from=it\\'s  to protect.csv", "it's to protect.csv", "file"),
        ("decide --from to decide.csv --because canary", "to decide.csv", "file"),
        ("plan --compare-policy my own policies.csv --json", "my own policies.csv", "compare_policy"),
    ],
)
def test_a_path_that_was_not_quoted_is_refused_with_the_command_that_works(
    typed: Callable[..., Seen], line: str, file: str, parameter: str
) -> None:
    Path(file).write_text("x\n", encoding="utf-8")
    seen = typed(*shlex.split(line))
    assert seen.code == 2
    assert "has spaces and no quotes" in seen.told
    (words,) = seen.commands
    assert parsed(words)[parameter] == Path(file)
    assert ("--practice" in words) == ("--practice" in line)
    assert "canary" not in seen.err, "a reason can be about a person"


def test_a_path_that_names_no_file_is_told_about_quotes(typed: Callable[..., Seen]) -> None:
    for line in ("weekly this week.csv", "decide --from to decide.csv", "duplicate --from merged people new.csv"):
        seen = typed(*line.split())
        assert (seen.code, "has spaces, put it in quotes" in seen.told) == (2, True), seen


def test_words_that_are_quoted_or_whose_first_is_a_file_are_left_alone(typed: Callable[..., Seen]) -> None:
    for name in ("this week.csv", "this"):
        Path(name).write_text("x\n", encoding="utf-8")
    assert "no quotes" not in typed("weekly", "this", "week.csv").told
    assert parsed(["weekly", "this week.csv"])["file"] == Path("this week.csv")


@pytest.mark.parametrize(
    ("line", "tells", "example"),
    [
        ("weeky", "Did you mean `weekly`?", "weekly"),
        ("rosa@example.org phone kajabi", "The first word is not a command", "weekly"),
        ("load --as-baselin x.csv", "Did you mean --as-baseline?", "load"),
        ("explain -rosa@example.org", "no option of this name", "explain"),
        ("apply", "needs FINGERPRINT: the eight characters", "apply"),
        ("export full", "needs --out DIR", "export"),
        ("undo rosa@example.org", "RUN must be a whole number, at least 1", "undo"),
        ("export everything --out x", "one of corrections, new-contacts, full", "export"),
        ("plan --first", "--first needs a value", "plan"),
        ("history rosa@example.org", "more words than it takes", "history"),
    ],
)
def test_a_slip_is_one_paragraph_with_what_was_meant_and_an_example(
    typed: Callable[..., Seen], line: str, tells: str, example: str
) -> None:
    seen = typed(*line.split())
    assert seen.code == 2
    assert tells in seen.told
    assert "Nothing was done." in seen.told
    assert "rosa" not in seen.told.partition("For example:")[0]
    (words,) = seen.commands
    assert words[0] == example
    parsed(words)


def test_the_old_name_of_the_baseline_option_still_works_and_is_not_shown(typed: Callable[..., Seen]) -> None:
    assert parsed(["load", "--as-base", "x.csv"]) == parsed(["load", "--as-baseline", "x.csv"])
    assert re.findall(r"--as-\w+", typed("load", "--help").out.partition("Example:")[0]) == ["--as-baseline"]
