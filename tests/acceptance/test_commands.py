"""The commands as a person and a script meet them: output, exit codes, files, and what stays in place."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from console import PATIENCE, Console, Outcome, Started, console_in, digest
from loader.cli import main
from loader.common.errors import NotConnected, Usage
from loader.database import disposable
from loader.database.connection import Target, pointed_at
from loader.database.embedded import server
from loader.database.settings import find_settings
from loader.database.statements import migrations
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Variables = Mapping[str, str | None]

FORMULA = '=HYPERLINK("https://canary.example.org","quillon")'
PHONE = "+1 303 555 0142"
ADA = {"email": "ada.quillon@example.org", "first_name": "Ada", "last_name": "Quillon"}
BEN = {"email": "ben.quillon@example.org", "first_name": "Ben", "last_name": "Quillon", "kajabi_id": "4815162302"}
EVE = {"email": "eve.quillon@example.org", "first_name": FORMULA, "last_name": "@Quillon", "kajabi_id": "4815162303"}
LONG = {"email": f"{'l' * 60}.quillon@example.org", "first_name": "Quillon \u202e" * 30, "kajabi_id": "4815162304"}
ZOE = {"email": "zoe.quillon@example.org", "source_system": "zoho", "phone": "(303) 555-0177"}
NEW = {"email": "new.quillon@example.org", "first_name": "=1+1", "last_name": "-Quillon", "kajabi_id": "4815162305"}
EXPORT = (
    {**ADA, "phone": PHONE, "kajabi_id": "4815162301", "city": "Quillonville"},
    {**BEN, "phone": "(303) 555-0199", "first_name": "Benjamin"},
    {**EVE, "phone": PHONE},
    {**LONG, "phone": "(303) 555-0188"},
    NEW,
    {"email": "", "first_name": "Nobody", "kajabi_id": "4815162306"},
)
CANARIES = ("quillon", "48151623")
FINGERPRINT = re.compile(r"kajabi-guard apply ([0-9a-f]{8})")
LOCK = 4242  # an advisory lock on which the tests let a write wait
COMMANDS = sorted(main.cli.commands)
NOWHERE: Variables = {"PGHOST": None, "PGPORT": None, "PGUSER": None, "PGPASSWORD": None, "PGDATABASE": None}


@dataclass(frozen=True)
class Story:
    """A database in which ``weekly FILE`` has run once, and what it printed."""

    world: World
    file: Path
    weekly: Outcome
    fingerprint: str


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("commands")) as console:
        yield console


@contextmanager
def database(server: Mapping[str, str], template: str | None = None) -> Iterator[Target]:
    """A database of our own, or a copy of one that nobody uses at the moment, with every plan in it."""
    name = database_name()
    if template:
        query = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        with pointed_at(Target(dict(server))), psycopg.connect("", autocommit=True) as admin:
            admin.execute(query)
    else:
        disposable.create(server, name)
    with pointed_at(Target({**server, "PGDATABASE": name})) as target:
        yield target
    disposable.drop(server, name)


@pytest.fixture(scope="module")
def story(server: dict[str, str], console: Console, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Shared and read only: tests that change something take a ``copy``."""
    with database(server) as target:
        world = World(target, tmp_path_factory.mktemp("story"))
        world.say_no_duplicates()
        world.add_contacts(
            {**ADA, "city": "Quillonville"},
            {**BEN, "phone": "(303) 555-0101", "phone_source": "paypal"},
            EVE,
            LONG,
            ZOE,
        )
        file = world.write_export(EXPORT)
        before = digest(world)["public.contacts"]
        with console.by_dbt():
            weekly = console.run("weekly", file)
        assert (weekly.code, weekly.err) == (0, ""), weekly
        assert digest(world)["public.contacts"] == before, "weekly stops before the write"
        yield Story(
            world, file, weekly, str(world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"])
        )


@pytest.fixture
def copy(server: dict[str, str], story: Story, tmp_path: Path) -> Iterator[World]:
    """A database just like the story's, to be changed."""
    with database(server, template=story.world.target.settings["PGDATABASE"]) as target:
        yield World(target, tmp_path)


# --- help and usage ---


@pytest.mark.parametrize("columns", ["80", "200"])
def test_every_command_explains_itself_in_80_columns_without_a_database(console: Console, columns: str) -> None:
    for command in ([], *([name] for name in COMMANDS)):
        outcome = console.run(*command, "--help", variables={**NOWHERE, "COLUMNS": columns})
        assert (outcome.code, outcome.err) == (0, ""), command
        assert outcome.out.startswith("Usage: kajabi-guard"), command
        assert [line for line in outcome.out.split("\n") if len(line) > 80] == [], command
        assert "..." not in outcome.out.partition("\n")[2], f"a sentence of {command} is cut off"


def test_the_version_is_told_without_a_database(console: Console) -> None:
    assert console.run("--version", variables=NOWHERE).out.startswith("kajabi-guard, version ")


def test_loading_does_not_pay_for_dbt(console: Console) -> None:
    probe = "import sys, loader.cli.main; sys.exit(any(name.partition('.')[0] == 'dbt' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", probe], cwd=console.project, check=False).returncode == 0


# --- the report ---


def test_no_line_of_the_report_is_wider_than_the_terminal(story: Story) -> None:
    lines = story.weekly.out.split("\n")
    # a path is as long as it is: folded, it could not be copied
    assert [line for line in lines if len(line) > 80 and not line.startswith("Files: ")] == []
    assert "\u202e" not in story.weekly.out, "a direction character would rearrange the line"
    assert f"Plan {story.fingerprint[:8]} for {story.file.name}" in lines


def test_the_report_begins_with_the_database_and_ends_with_commands_to_paste(story: Story) -> None:
    name = story.world.target.settings["PGDATABASE"]
    assert f"database {name} on this machine as {story.world.target.settings['PGUSER']}" in story.weekly.out
    short = story.fingerprint[:8]
    assert f"./kajabi-guard apply --dry-run {short}\n" in story.weekly.out
    assert FINGERPRINT.findall(story.weekly.out) == [short]


def test_weekly_writes_nothing_but_the_load(story: Story) -> None:
    assert story.world.rows("select * from kajabi_ledger.merge_runs") == []
    assert story.world.one("select count(*) as loads from kajabi_raw.loads where baseline_rank is null")["loads"] == 1


def test_the_report_again_is_the_report_of_the_plan(console: Console, story: Story) -> None:
    again = console.run("report")
    assert (again.code, again.err) == (0, "")
    assert story.weekly.out.endswith(again.out)


def test_the_plan_as_json_is_one_document_with_the_keys_that_scripts_rely_on(console: Console, story: Story) -> None:
    documents = [console.run(*command, "--json").document for command in (("report",), ("plan",))]
    first = documents[0]
    assert documents == [first, first]
    promised = {
        "contacts": ("in_database", "in_export", "matched", "only_in_database", "new", "held"),
        "values": ("fill", "update", "keep", "link"),
        "rules": ("fill_blank", "field_owned_elsewhere", "no_baseline"),
        "old_import": (
            *("contacts_changed", "enriched_contacts", "corrected_contacts", "values_by_field", "relabelled_contacts"),
            *("enriched_linked_to_paypal", "enriched_linked_to_zoho"),
        ),
        "enrichment": (
            *("phones_from_others", "names_from_paypal", "shipping_addresses", "linked_to_zoho", "linked_to_paypal"),
            "with_phone",
        ),
        "addresses": (
            *("match", "needs_update", "missing_in_kajabi", "missing_here", "only_in_export", "only_in_database"),
        ),
    }
    assert {key: [name for name in names if name not in first[key]] for key, names in promised.items()} == {
        key: [] for key in promised
    }
    assert first["load_id"] == 1
    assert first["fingerprint"] == story.fingerprint
    assert first["contacts"]["in_database"] == 5
    assert first["contacts"]["in_export"] == len(EXPORT)
    assert all({"guard", "violations", "passed"} <= guard.keys() for guard in first["guards"])
    assert first["values"]["fill"] == 3
    assert first["values"]["link"] == 1


def test_what_is_not_a_terminal_gets_plain_text(console: Console, story: Story) -> None:
    for variables in ({}, {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200"}):
        outcome = console.run("report", variables=variables)
        assert "\x1b" not in outcome.out
        assert story.weekly.out.endswith(outcome.out)


def on_terminal(console: Console, *arguments: str, variables: Variables) -> str:
    """What a person at a terminal sees on stdout."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "loader", *arguments], cwd=console.project, stdout=theirs, stderr=subprocess.PIPE,
        env=console.environment({"TERM": "xterm-256color", **variables}),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(ours)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, b"")
    return shown.decode()


def test_a_terminal_gets_emphasis_unless_no_color_is_set(console: Console, story: Story) -> None:
    emphasised = on_terminal(console, "report", variables={})
    assert "\x1b[1m" in emphasised
    plain = on_terminal(console, "report", variables={"NO_COLOR": "1"})
    assert "\x1b" not in plain
    without_codes = re.sub(r"\x1b\[[0-9;]*m", "", emphasised)
    assert [line.rstrip() for line in without_codes.splitlines()] == [line.rstrip() for line in plain.splitlines()]
    assert story.fingerprint[:8] in plain


def test_a_reader_that_has_seen_enough_is_no_error(console: Console, story: Story) -> None:
    assert story
    process = subprocess.Popen(
        [sys.executable, "-m", "loader", "report"], cwd=console.project, env=console.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process.stderr as stderr:
        assert stderr.read() == b""
    process.wait(timeout=PATIENCE)


# --- the files ---


def newest_report(console: Console, fingerprint: str) -> Path:
    (folder,) = console.reports.glob(f"* plan {fingerprint[:8]}")
    return folder


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_files_of_a_report_are_for_their_owner_only_and_complete(console: Console, story: Story) -> None:
    folder = newest_report(console, story.fingerprint)
    assert f"Files: {folder}\n" in story.weekly.out
    from_there = console.run("report", cwd=console.project)
    assert f"Files: {folder.relative_to(console.project)}\n" in from_there.out
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (console.reports, folder, *folder.iterdir())}
    assert modes == {name: "0o700" if name in {"reports", folder.name} else "0o600" for name in modes}
    assert sorted(path.name for path in folder.iterdir()) == [
        ".to_decide.csv.sha256",
        "address_evaluation.csv", "email_changes.csv", "guard_findings.csv", "held_rows.csv", "impact.html",
        "import_impact.csv", "new_contacts.csv", "planned_changes.csv", "report.txt", "skipped_updates.csv",
        "to_decide.csv", "vanished_contacts.csv",
    ]  # fmt: skip
    text = (folder / "report.txt").read_text(encoding="utf-8")
    assert text.strip() in story.weekly.out


def test_no_cell_of_a_report_is_run_by_a_spreadsheet(console: Console, story: Story) -> None:
    folder = newest_report(console, story.fingerprint)
    changes = rows_of(folder / "planned_changes.csv")
    (eve,) = [row for row in changes if row["email"] == EVE["email"]]
    assert eve["name_here"] == f"'{FORMULA} @Quillon"
    assert eve["final_value"] == f"'{PHONE}"
    (new,) = rows_of(folder / "new_contacts.csv")
    assert (new["first_name"], new["last_name"]) == ("'=1+1", "'-Quillon")
    dangerous = [
        cell
        for file in folder.glob("*.csv")
        for row in rows_of(file)
        for cell in row.values()
        if cell and cell[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    ]
    assert dangerous == []


def leaks(console: Console) -> dict[str, str]:
    """Files outside of the reports that hold a cell of a person, with the canary that was found."""
    files = [path for path in (*console.state.rglob("*"), *console.home.rglob("*")) if path.is_file()]
    assert any("dbt" in path.parts for path in files)
    return {
        path.name: canary
        for path in files
        for canary in CANARIES
        if canary.encode() in path.read_bytes().lower() or canary in path.name.casefold()
    }


def test_nothing_that_is_kept_beside_the_reports_holds_a_persons_value(console: Console, story: Story) -> None:
    assert story
    assert leaks(console) == {}
    open_to_others = [path for path in (console.state, *console.state.rglob("*")) if path.stat().st_mode & 0o077]
    assert open_to_others == []


# --- apply ---


def test_apply_wants_the_fingerprint_that_was_read(console: Console, copy: World, story: Story) -> None:
    before = digest(copy)
    assert console.run("apply").code == 2
    short = console.run("apply", story.fingerprint[:7])
    assert (short.code, "at least 8 characters" in short.refusal) == (2, True)
    other = console.run("apply", "0" * 64)
    assert (other.code, "nothing was written" in other.refusal) == (5, True)
    assert story.fingerprint[:8] in other.refusal
    assert console.run("apply", story.fingerprint[:8] + "x").code == 5
    assert digest(copy) == before


def test_a_rehearsal_writes_nothing_and_records_no_run(console: Console, copy: World, story: Story) -> None:
    before = digest(copy)
    outcome = console.run("apply", "--dry-run", story.fingerprint[:8])
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Rehearsed plan {story.fingerprint[:8]}" in outcome.out
    rehearsed = console.run("apply", "--dry-run", story.fingerprint, "--json").document
    assert (rehearsed["status"], rehearsed["run_id"]) == ("rehearsed", None)
    assert digest(copy) == before


def test_a_plan_is_applied_once_and_told_by_apply_history_and_report(
    console: Console, copy: World, story: Story
) -> None:
    assert console.run("history", "--json").document == []
    assert "No run yet." in console.run("history").out
    run = console.run("apply", story.fingerprint[:8], "--json").document
    assert (run["status"], run["updated_contacts"], run["inserted_contacts"], run["values_written"]) == (
        "applied",
        3,
        1,
        3,
    )
    assert run["protected_values_changed"] == 0
    page = (newest_report(console, story.fingerprint) / "impact.html").read_text(encoding="utf-8")
    assert f"This plan was applied as run {run['run_id']}" in page, "`apply` has brought the page up to date"
    verified = {"paypal_first_name", "phone_source", "billing_address_source"}
    assert run["enriched_before"].keys() == run["enriched_after"].keys() == verified
    assert copy.contacts()[ADA["email"]]["phone"] == PHONE
    assert copy.contacts()[BEN["email"]]["phone"] == "(303) 555-0101"
    applied = digest(copy)
    for fingerprint in (story.fingerprint, story.fingerprint[:8]):
        again = console.run("apply", fingerprint)
        assert (again.code, again.err) == (0, "")
        assert "Nothing to do, and nothing was done" in again.out.replace("\n", " ")
    assert digest(copy) == applied
    (told,) = console.run("history", "--json").document
    assert (told["run_id"], told["status"], told["values_written"]) == (run["run_id"], "applied", 3)
    table = console.run("history").out
    assert story.fingerprint[:8] in table
    assert [line for line in table.split("\n") if len(line) > 80] == []
    assert f"This plan was applied as run {run['run_id']}" in console.run("report").out


def test_a_contact_that_moved_makes_report_red_and_apply_refuse_and_history_tells_it(
    console: Console, copy: World, story: Story
) -> None:
    copy.run("update public.contacts set city = 'Elsewhere' where email = 'ada.quillon@example.org'")
    contacts = digest(copy)["public.contacts"]
    red = console.run("report")
    assert (red.code, red.err) == (3, "")
    assert "RED" in red.out
    assert not FINGERPRINT.search(red.out)
    as_json = console.run("report", "--json")
    assert as_json.code == 3
    assert [guard["guard"] for guard in as_json.document["guards"] if not guard["passed"]] == ["guard_stale_plan"]
    refused = console.run("apply", story.fingerprint)
    assert refused.code == 5
    assert "city of contact" in refused.refusal
    assert "Elsewhere" not in refused.err
    assert digest(copy)["public.contacts"] == contacts
    (told,) = console.run("history", "--json").document
    assert told["status"] == "refused"


def test_a_red_guard_refuses_the_write_with_its_remedy(console: Console, copy: World, story: Story) -> None:
    copy.run("update kajabi_guard.field_decisions set rule = 'not a rule'")
    contacts = digest(copy)["public.contacts"]
    refused = console.run("apply", story.fingerprint)
    assert refused.code == 3
    assert "guard_undecided_values" in refused.refusal
    assert "nothing was written" in refused.refusal
    assert console.run("report").code == 3
    assert digest(copy)["public.contacts"] == contacts


def test_with_nothing_to_write_the_report_says_so_and_apply_accepts_the_export(console: Console, world: World) -> None:
    world.add_contacts(BEN)
    file = world.write_export([BEN])
    weekly = console.run("weekly", file)
    assert weekly.code == 0
    assert "Nothing to write: every value stays as it is." in " ".join(weekly.out.split())
    contacts = digest(world)["public.contacts"]
    (fingerprint,) = FINGERPRINT.findall(weekly.out)
    run = console.run("apply", fingerprint, "--json").document
    assert (run["status"], run["updated_contacts"], run["inserted_contacts"]) == ("applied", 0, 0)
    assert world.one("select baseline_how from kajabi_raw.loads")["baseline_how"] == "applied"
    assert digest(world)["public.contacts"] == contacts


# --- a plan for some ---


def test_a_part_plan_holds_the_rest_and_a_full_plan_writes_it(console: Console, copy: World) -> None:
    part = console.run("plan", "--only", "ADA.quillon@example.org ", "--only", EVE["email"], "--json").document
    assert part["is_partial"]
    assert part["writes"] == {"updated_contacts": 2, "inserted_contacts": 0, "outside_this_plan": 2}
    assert {row["hold_reason"]: row["count_rows"] for row in part["held"]}["not_in_this_plan"] == 2
    assert "This is a part plan: 2 further contacts wait" in " ".join(console.run("report").out.split())
    run = console.run("apply", part["fingerprint"], "--json").document
    assert (run["updated_contacts"], run["inserted_contacts"]) == (2, 0)
    assert copy.contacts()[LONG["email"]]["phone"] is None
    assert copy.rows("select * from kajabi_raw.loads where baseline_rank is not null") == [], (
        "it never becomes the baseline"
    )

    rest = console.run("plan", "--json").document
    assert not rest["is_partial"]
    assert rest["writes"] == {"updated_contacts": 1, "inserted_contacts": 1, "outside_this_plan": 0}
    assert console.run("apply", rest["fingerprint"]).code == 0
    assert copy.contacts()[LONG["email"]]["phone"] == "(303) 555-0188"
    assert NEW["email"] in copy.contacts()
    assert copy.one("select baseline_how from kajabi_raw.loads")["baseline_how"] == "applied"


def test_the_first_contacts_of_a_plan_are_those_of_the_file(console: Console, copy: World) -> None:
    part = console.run("plan", "--first", "1", "--json").document
    assert part["writes"] == {"updated_contacts": 1, "inserted_contacts": 0, "outside_this_plan": 3}
    planned = copy.one("select contact_as_seen ->> 'email' as email from kajabi_guard.merge_plan")
    assert planned["email"] == ADA["email"]


def test_only_and_first_together_or_a_blank_email_are_a_usage_error(console: Console, copy: World) -> None:
    before = digest(copy)
    for options in (("--only", ADA["email"], "--first", "1"), ("--only", " "), ("--only", "")):
        outcome = console.run("plan", *options)
        assert (outcome.code, "Nothing was planned" in outcome.refusal) == (2, True), options
    assert digest(copy) == before


# --- loads ---


def test_an_identical_file_is_recognised_and_an_older_one_becomes_the_newest_again(
    console: Console, copy: World, story: Story
) -> None:
    before = digest(copy)
    same = console.run("load", story.file)
    assert (same.code, same.err) == (0, "")
    assert "is load 1 already, byte for byte. Nothing to do." in same.out
    assert digest(copy) == before

    other = copy.write_export(EXPORT[:2])
    assert "2 rows, as load 2" in console.run("load", other).out
    stale = console.run("apply", story.fingerprint)
    assert (stale.code, "was loaded since" in stale.refusal) == (5, True)
    assert console.run("report").code == 5

    older = console.run("load", story.file)
    assert (older.code, older.err) == (0, "")
    assert "was load 1; it is the newest load again" in older.out.replace("\n", " ")
    assert copy.one("select count(*) as loads from kajabi_raw.loads")["loads"] == 2
    assert console.run("apply", story.fingerprint).code == 0, "the plan of this load stands as it was read"


def test_a_load_declared_as_baseline_is_the_baseline_and_nothing_else(console: Console, world: World) -> None:
    file = world.write_export([BEN])
    outcome = console.run("load", "--as-baseline", file)
    assert (outcome.code, outcome.err) == (0, "")
    assert "is the baseline now" in outcome.out
    load = world.one("select newest_rank, baseline_how from kajabi_raw.loads")
    assert load == {"newest_rank": None, "baseline_how": "declared"}
    nothing = console.run("plan")
    assert (nothing.code, "No export has been loaded yet" in nothing.refusal) == (5, True)
    assert console.run("load", file).code == 0
    load = world.one("select newest_rank, baseline_how from kajabi_raw.loads")
    assert (load["newest_rank"] is not None, load["baseline_how"]) == (True, "declared")


def test_what_needs_a_plan_says_so_where_there_is_none(console: Console, world: World) -> None:
    assert world
    for command in (("report",), ("report", "--json"), ("apply", "0123abcd")):
        outcome = console.run(*command)
        assert (outcome.code, "There is no plan in this database" in outcome.refusal) == (5, True)


# --- two at once, and Ctrl-C ---


@contextmanager
def elsewhere(world: World, *statements: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Somebody else's open transaction, which has done this."""
    with world.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        for text in statements:
            connection.execute(text)
        yield connection


def wait_until_it_waits(world: World, purpose: str) -> None:
    """Until the command's backend waits for a lock that a test holds."""
    query = """
        select count(*) as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and application_name like %(name)s
    """
    give_up = time.monotonic() + PATIENCE
    while not world.one(query, name=f"kajabi-guard {purpose}%")["waiting"]:
        assert time.monotonic() < give_up, f"{purpose} never came to the lock"
        time.sleep(0.02)


def check_stopped(started: Started) -> None:
    started.interrupt()
    outcome = started.end()
    assert outcome.code == 1, outcome
    outcome = replace(outcome, err=outcome.err.removeprefix("\n"))  # ^C stands on the line before
    assert outcome.refusal.startswith("Stopped. What was not finished was rolled back")


def test_a_second_person_is_told_who_is_busy_and_since_when(console: Console, copy: World, story: Story) -> None:
    before = digest(copy)
    role = copy.target.settings["PGUSER"]
    with elsewhere(
        copy, "set local application_name = 'kajabi-guard apply by ada'", "select pg_advisory_xact_lock(7521962890)"
    ):
        other = copy.write_export(EXPORT[:1])
        for command in (("load", other), ("plan",), ("weekly", other, "--json"), ("apply", story.fingerprint)):
            outcome = console.run(*command)
            assert outcome.code == 1
            expected = (
                rf"Another run is in progress on this database \({role}, kajabi-guard apply by ada, since 20.* UTC\)"
            )
            assert re.search(expected, outcome.refusal), outcome.refusal
        assert console.run("report").code == 0, "whoever only reads need not wait"
    assert digest(copy) == before
    assert console.run("apply", story.fingerprint).code == 0


def test_ctrl_c_during_a_load_keeps_nothing_of_it(console: Console, copy: World) -> None:
    before = digest(copy)
    file = copy.write_export(EXPORT[:3])
    with elsewhere(copy, "lock table kajabi_raw.contact_rows in exclusive mode"):
        started = console.start("load", file)
        wait_until_it_waits(copy, "load")
        check_stopped(started)
    assert digest(copy) == before
    assert console.run("load", file).code == 0


def test_ctrl_c_in_the_middle_of_the_write_leaves_nothing_half_written(
    console: Console, copy: World, story: Story
) -> None:
    copy.run(
        f"""
        create function public.wait_for_test() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock({LOCK}); return new; end $$;
        create trigger waits before update on public.contacts for each row execute function public.wait_for_test()
        """
    )
    before = digest(copy)
    with elsewhere(copy, f"select pg_advisory_xact_lock({LOCK})"):
        started = console.start("apply", story.fingerprint)
        wait_until_it_waits(copy, "apply")
        check_stopped(started)
    assert digest(copy) == before
    assert console.run("apply", story.fingerprint).code == 0


def test_ctrl_c_during_a_plan_leaves_no_plan_that_could_be_applied(console: Console, copy: World, story: Story) -> None:
    contacts = digest(copy)["public.contacts"]
    with elsewhere(copy, "lock table public.contacts in access exclusive mode"):
        with console.by_dbt():
            started = console.start("plan")
        query = "select 1 from pg_locks where relation = 'public.contacts'::regclass and not granted"
        with pointed_at(copy.target), psycopg.connect("", autocommit=True) as watch:
            give_up = time.monotonic() + PATIENCE
            while not watch.execute(query).fetchone():
                assert time.monotonic() < give_up
                time.sleep(0.05)
            started.interrupt()

            def press_again() -> None:
                if watch.execute(query).fetchone():
                    started.interrupt()

            # dbt can miss the first one while it sets up a thread; a person who sees it go on presses again
            again = threading.Timer(60, press_again)
            again.start()
            outcome = started.end()
            again.cancel()
            again.join()
    assert outcome.code == 1, outcome
    assert "What was not finished was rolled back" in outcome.err
    assert console.run("apply", story.fingerprint).code in {3, 5}
    assert digest(copy)["public.contacts"] == contacts


# --- what a steward decides ---


def test_a_field_of_two_words_needs_no_quotes(console: Console, copy: World) -> None:
    told = console.run("decide", BEN["email"], "First", "name", "ours", "--because", "he said so")
    assert (told.code, told.err) == (0, ""), told
    told = console.run("protect", BEN["email"], "last", "name", "--because", "he said so")
    assert (told.code, told.err) == (0, ""), told
    told = console.run("decide", BEN["email"], "SAME", "as", ADA["email"], "--because", "he said so")
    assert (told.code, "no quarantined row" in told.out) == (1, True), "it was understood, and there is no such row"
    assert copy.one("select field from kajabi_ledger.overrides")["field"] == "first_name"
    assert copy.one("select field from kajabi_ledger.protections")["field"] == "last_name"


# --- the list of merged people ---


def test_duplicates_are_recorded_one_by_one(console: Console, copy: World) -> None:
    first = console.run("duplicate", "Old.Quillon@example.org", ADA["email"])
    assert (first.code, first.err) == (0, "")
    assert "1 recorded." in first.out
    assert "1 known before." in console.run("duplicate", "old.quillon@example.org", ADA["email"]).out
    other = console.run("duplicate", "old.quillon@example.org", BEN["email"])
    assert (other.code, "merged into somebody else" in other.out) == (1, True)
    nobody = console.run("duplicate", "older.quillon@example.org", "nobody.quillon@example.org")
    assert (nobody.code, "no living contact has the survivor's email" in nobody.out) == (1, True)
    kept = copy.rows("select old_email, survivor_email from kajabi_ledger.merged_contacts")
    assert kept == [{"old_email": "old.quillon@example.org", "survivor_email": ADA["email"]}]


def test_a_list_saved_by_a_spreadsheet_is_recorded_and_its_bad_rows_are_named(
    console: Console, copy: World, tmp_path: Path
) -> None:
    file = tmp_path / "merged people.csv"
    rows = (
        "Old_Email;Survivor_Email;Old_Kajabi_Id;Remark",
        f"one.quillon@example.org; {ADA['email'].upper()} ;4815162399;x",
        ";;;",
        f"two.quillon@example.org;{BEN['email']}",
        f";{BEN['email']};;",
        f"{BEN['email']};{BEN['email']};;",
        "three.quillon@example.org;nobody.quillon@example.org;;",
        f"one.quillon@example.org;{BEN['email']};;",
    )
    file.write_bytes(("\ufeff" + "\r\n".join(rows) + "\r\n").encode())
    outcome = console.run("duplicate", "--from", file)
    assert (outcome.code, outcome.err) == (1, "")
    told = [line.split(":")[0] for line in outcome.out.split("\n") if line.startswith("record ")]
    assert told == ["record 4", "record 5", "record 6", "record 7"], (
        "counted as the spreadsheet counts, below the header"
    )
    assert "2 recorded, 4 not recorded." in outcome.out
    assert "quillon" not in outcome.out.casefold()
    kept = copy.rows("select old_email, old_kajabi_id from kajabi_ledger.merged_contacts order by old_email")
    assert [tuple(row.values()) for row in kept] == [
        ("one.quillon@example.org", "4815162399"),
        ("two.quillon@example.org", None),
    ]
    assert [line for line in outcome.out.split("\n") if len(line) > 80] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "has no column old_email and no column survivor_email"),
        (b"old_email,name\r\nx@example.org,Ada Quillon\r\n", "has no column survivor_email"),
        ("old_email,survivor_email\r\nRen\xe9@example.org,x@example.org".encode("cp1252"), "is not UTF-8"),
        (b"PK\x03\x04\xff\xff\x00quillon", "is not UTF-8"),
    ],
    ids=["missing", "empty", "one column", "cp1252", "workbook"],
)
def test_a_list_that_cannot_be_read_records_nothing(
    console: Console, copy: World, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "merged people.csv"
    if content is not None:
        file.write_bytes(content)
    before = digest(copy)
    outcome = console.run("duplicate", "--from", file)
    assert outcome.code == 2
    assert reason in outcome.err.replace("\n", " ")
    assert "Nothing was recorded." in outcome.err.replace("\n", " ")
    assert "Traceback" not in outcome.err
    assert "quillon" not in (outcome.err + outcome.out).casefold()
    assert digest(copy) == before


def test_nobody_was_ever_merged_needs_a_reason_and_is_kept(console: Console, world: World) -> None:
    before = digest(world)
    pair = ("a@example.org", "b@example.org")
    for arguments in ((), pair[:1], (*pair, "--none"), ("--none",), ("--none", "--because", " ")):
        outcome = console.run("duplicate", *arguments)
        assert (outcome.code, "Nothing was recorded" in outcome.refusal) == (2, True), arguments
    assert digest(world) == before
    outcome = console.run("duplicate", "--none", "--because", "we began with this table")
    assert (outcome.code, outcome.err) == (0, "")
    kept = world.one("select because from kajabi_ledger.no_merged_contacts_declared")
    assert kept["because"] == "we began with this table"


# --- other programs on the same database ---


def test_with_database_gives_its_database_to_any_program_and_its_exit_code_back(console: Console, copy: World) -> None:
    ask = "import psycopg; print(psycopg.connect('').execute('select count(*) from public.contacts').fetchone()[0])"
    url = url_of(copy.target)
    for options, variables in ((("--database-url", url), NOWHERE), ((), {})):
        outcome = console.run(*options, "with-database", sys.executable, "-c", ask, variables=variables)
        assert outcome == Outcome(0, f"{len(copy.contacts())}\n", "")
    assert console.run("with-database", sys.executable, "-c", "raise SystemExit(7)").code == 7
    show = "import sys; print(sys.argv[1:])"
    passed_on = console.run("with-database", sys.executable, "-c", show, "--json", "-x", "--help")
    assert passed_on.out == "['--json', '-x', '--help']\n"


def test_dbt_alone_rebuilds_the_very_plan_which_can_then_be_applied(
    console: Console, copy: World, story: Story
) -> None:
    contacts = digest(copy)["public.contacts"]
    show = ("show", "--select", "impact_summary", "--output", "json")
    for command in (("run",), ("test", "--exclude-resource-type", "unit_test"), show):
        outcome = console.run("with-database", "dbt", "--quiet", *command)
        assert outcome.code == 0, outcome
    assert '"figure"' in outcome.out
    assert digest(copy)["public.contacts"] == contacts, "dbt only reads contacts"
    assert leaks(console) == {}
    assert console.run("apply", story.fingerprint).code == 0


# --- doctor ---


def test_doctor_finds_a_sound_database_sound(console: Console, story: Story) -> None:
    findings = console.run("doctor", "--json")
    assert findings.code == 0
    assert all(finding.keys() == {"group", "check", "status", "detail", "remedy"} for finding in findings.document)
    checks = {finding["check"] for finding in findings.document}
    assert {"connection", "tables of kajabi-guard", "contacts table", "row-level security", "TLS", "columns"} <= checks
    assert story.world.target.settings["PGDATABASE"] in findings.document[0]["detail"]
    as_text = console.run("doctor")
    assert (as_text.code, as_text.err) == (0, "")
    assert [line for line in as_text.out.split("\n") if len(line) > 80] == []


def test_doctor_names_what_is_missing_and_its_remedy(console: Console, target: Target, tmp_path: Path) -> None:
    world = World(target, tmp_path)
    world.run("drop schema kajabi_ledger, kajabi_raw, kajabi_guard cascade")
    world.run("alter table public.contacts drop column zoho_id")
    findings = {finding["check"]: finding for finding in console.run("doctor", "--json").document}
    assert findings["tables of kajabi-guard"]["status"] == "problem"
    assert "kajabi-guard init" in findings["tables of kajabi-guard"]["remedy"]
    assert (findings["columns"]["status"], "zoho_id" in findings["columns"]["detail"]) == ("warning", True)
    init = console.run("init")
    assert (init.code, f"{len(migrations())} migrations run" in init.out) == (0, True)
    assert "0 migrations run" in console.run("init").out
    assert console.run("doctor").code == 0


# --- where the database is ---


def url_of(target: Target, **more: str) -> str:
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname", "PGPASSWORD": "password"}
    parts = {names[name]: value for name, value in target.settings.items() if name in names} | more
    return "postgresql:///?" + "&".join(f"{name}={value}" for name, value in parts.items())


@pytest.fixture
def state(console: Console) -> Iterator[Path]:
    """The state folder without a connection, before and after."""
    console.state.mkdir(mode=0o700, exist_ok=True)
    yield console.state
    for name in ("connection.env", "practice.chosen"):
        (console.state / name).unlink(missing_ok=True)
    server.remove(console.state / "practice")


def test_a_connection_is_pasted_once_and_kept_for_its_owner_only(console: Console, copy: World, state: Path) -> None:
    outcome = console.run("connect", stdin=url_of(copy.target, connect_timeout="9") + "\n", variables=NOWHERE)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Connected to the database {copy.target.settings['PGDATABASE']}" in outcome.out.replace("\n", " ")
    file = state / "connection.env"
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert "PGCONNECT_TIMEOUT=9\n" in file.read_text(encoding="utf-8")
    assert sorted(path.name for path in state.iterdir() if path.suffix == ".part") == []
    assert console.run("history", "--json", variables=NOWHERE).document == []

    kept = file.read_bytes()
    for url, code in (
        ("postgresql://ada:canary@[nowhere", 2), ("postgresql://ada:canary@localhost:1/crm", 1), ("canary", 2), ("", 2),
        ("postgresql://ada:canary@db.example.org/crm?sslmode=require", 1), ("postgresql:///crm?canary=1", 2),
    ):  # fmt: skip
        refused = console.run("connect", stdin=url + "\n", variables=NOWHERE)
        assert refused.code == code, refused
        assert "postgresql://ada" not in refused.refusal
        assert "ada:canary" not in refused.refusal
        assert file.read_bytes() == kept
    assert console.run("history", variables=NOWHERE).code == 0


def test_the_first_place_that_names_a_database_is_used(console: Console, copy: World, state: Path) -> None:
    def used(*options: str, variables: Variables) -> str:
        outcome = console.run(*options, "doctor", "--json", variables=variables)
        return str(json.loads(outcome.out)[0]["detail"]) if outcome.out else outcome.err.replace("\n", " ")

    here = copy.target.settings
    other = Target({**here, "PGDATABASE": "postgres"})
    (state / "connection.env").write_text("".join(f"{name}={value}\n" for name, value in other.settings.items()))
    assert "database postgres " in used(variables=NOWHERE)
    assert f"database {here['PGDATABASE']} " in used(variables={})
    assert "database postgres " in used(variables={"DATABASE_URL": url_of(other)})
    assert f"database {here['PGDATABASE']} " in used(
        "--database-url", url_of(copy.target), variables={**other.settings, "DATABASE_URL": url_of(other)}
    )


def test_the_practice_database_is_used_only_when_it_was_asked_for_and_nothing_else_is_named(
    console: Console, copy: World, state: Path
) -> None:
    refused = console.run("init", "--embedded")
    assert (refused.code, "Another database is connected already (PGHOST)" in refused.refusal) == (2, True)
    assert not (state / "practice").exists()
    made = console.run("init", "--embedded", variables=NOWHERE)
    assert (made.code, made.err) == (0, "")
    assert "practice database: nothing here reaches your organisation" in made.out.replace("\n", " ")
    told = console.run("history", variables=NOWHERE)
    assert "(practice database: nothing here reaches your organisation)" in told.out.replace("\n", " ")
    assert "practice" not in console.run("history").out
    assert copy.contacts()


def test_what_stands_before_the_practice_database_is_named_with_what_takes_it_away(
    console: Console, copy: World, state: Path
) -> None:
    """It said "take that connection away first", and no command did."""
    console.run("connect", stdin=url_of(copy.target) + "\n", variables=NOWHERE)
    refused = console.run("init", "--embedded", variables=NOWHERE)
    assert (refused.code, "type `./kajabi-guard disconnect`" in refused.refusal) == (2, True)
    in_the_shell = console.run("init", "--embedded", variables={**NOWHERE, "DATABASE_URL": url_of(copy.target)})
    assert "`./kajabi-guard disconnect` and `unset DATABASE_URL`" in in_the_shell.refusal
    gone = console.run("disconnect", variables=NOWHERE)
    assert (gone.code, gone.out.startswith("Forgotten: ")) == (0, True)
    assert not (state / "connection.env").exists()
    again = console.run("disconnect", variables={**NOWHERE, "DATABASE_URL": url_of(copy.target)})
    assert (again.code, "`unset DATABASE_URL`" in " ".join(again.out.split())) == (0, True)
    assert console.run("history", variables=NOWHERE).code == 1, "nothing is connected any more"
    assert console.run("init", "--embedded", variables=NOWHERE).code == 0


REMOTE = "postgresql://ada:canary@db.example.org:5432/crm"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize("by", ["url", "variables", "file"])
def test_a_remote_host_without_verified_tls_needs_an_explicit_word(tmp_path: Path, mode: str, by: str) -> None:
    environ = {"PGHOST": "db.example.org", "PGSSLMODE": mode} if by == "variables" else {}
    url = f"{REMOTE}?sslmode={mode}" if by == "url" else None
    if by == "file":
        (tmp_path / "connection.env").write_text(f"PGHOST=db.example.org\nPGSSLMODE={mode}\n", encoding="utf-8")
    with pytest.raises(NotConnected, match=f"asks for sslmode={mode}, which does not verify") as refused:
        find_settings(url, environ, tmp_path)
    assert "canary" not in str(refused.value)
    settings = find_settings(url, {**environ, "KAJABI_GUARD_UNVERIFIED_TLS": "yes"}, tmp_path)
    assert settings
    assert settings["PGSSLMODE"] == mode


@pytest.mark.parametrize("word", ["", "no", "1", "YES "])
def test_only_the_very_word_lifts_the_demand_for_tls(tmp_path: Path, word: str) -> None:
    with pytest.raises(NotConnected):
        find_settings(f"{REMOTE}?sslmode=require", {"KAJABI_GUARD_UNVERIFIED_TLS": word}, tmp_path)


def test_tls_is_verified_by_default_wherever_the_server_is_not_this_machine(tmp_path: Path) -> None:
    verified = (
        REMOTE, f"{REMOTE}?sslmode=verify-full", "postgresql://ada@10.0.0.5/crm", "postgresql:///crm?hostaddr=10.0.0.5",
        "postgresql:///crm?host=localhost,db.example.org", "postgresql:///crm?host=/tmp,db.example.org",
        "postgresql:///crm?host=localhost&hostaddr=10.0.0.5",
    )  # fmt: skip
    for url in verified:
        settings = find_settings(url, {}, tmp_path)
        assert settings
        assert settings.get("PGSSLMODE") == "verify-full", url
    for url in (
        "postgresql://localhost/crm",
        "postgresql:///crm?host=/tmp",
        "postgresql://ada@127.0.0.1/crm",
        "postgresql:///crm",
    ):
        settings = find_settings(url, {}, tmp_path)
        assert settings
        assert "PGSSLMODE" not in settings, url


def test_a_url_that_cannot_be_read_is_not_repeated(console: Console) -> None:
    for url in (
        "postgresql://ada:canary@[nowhere/crm",
        "mysql://ada:canary@db.example.org",
        "postgresql:///crm?canary=1&mode=2",
    ):
        with pytest.raises(Usage) as caught:
            find_settings(url, {})
        assert "ada:canary" not in str(caught.value)
        outcome = console.run("--database-url", url, "plan", variables=NOWHERE)
        assert outcome.code == 2
        assert "ada:canary" not in outcome.refusal


# --- the script ---


def test_the_script_starts_from_any_folder_by_a_link_and_with_a_relative_file(
    console: Console, copy: World, story: Story, tmp_path: Path
) -> None:
    programs = console.project / ".venv" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (programs.parent / ".complete").touch()
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (programs / "python").chmod(0o700)
    folder = tmp_path / "a folder of mine"
    folder.mkdir()
    shutil.copy(story.file, folder / "my export.csv")
    (folder / "guard").symlink_to(console.project / "kajabi-guard")
    (folder / "link to a link").symlink_to("guard")
    for script in (str(console.project / "kajabi-guard"), "./guard", "./link to a link"):
        for variables in ({}, {"LC_ALL": "C", "LANG": None}):
            done = subprocess.run(
                [script, "load", "my export.csv"], cwd=folder, capture_output=True, text=True, check=False,
                env=console.environment(variables),
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, "")
            assert "my export.csv is load 1 already, byte for byte. Nothing to do." in done.stdout.replace("\n", " ")
    assert copy.contacts()
