"""The whole story on a practice server: a synthetic organisation and two weekly imports; the third is the reader's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..common.console import say, steps_progress
from ..common.errors import Usage
from ..common.paths import CONFIG, PROJECT, REPORTS, STATE, shown
from ..common.shell_quoting import command, note_practice
from ..common.tables import count
from ..database.connection import Target, connect, pointed_at
from ..database.disposable import create, drop, exists
from ..database.embedded.server import running
from ..database.schema import migrate
from ..database.settings import choose_practice, settings_from_url
from ..database.statements import statement
from ..kajabi.inbound.load import load_export
from ..merge.apply import apply_plan
from ..merge.plan import make_plan
from ..report.document import read_report
from ..report.files import screen_lists, tell_again, write_files
from ..report.screen import render
from ..report.summary import answer
from ..stewardship import merged_contacts
from .synthetic.organisation import make_organisation, write_export, write_pairs
from .synthetic.second_week import second_week
from .synthetic.shape import CONTACT_COLUMNS, ROSA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..database.connection import Connection
    from .synthetic.shape import Organisation

DATABASE = "kajabi_guard_demo"
WEEK_3 = "kajabi week 3.csv"


def tell_story(
    url: str | None = None,
    *,
    scale: float = 1.0,
    is_fresh: bool = False,
    config: Path = CONFIG,
    state: Path = STATE,
    reports: Path = REPORTS,
) -> None:
    """Run and narrate the demo; every command then works on its database, as long as nothing else is connected.

    ``url`` names another server: the demo makes and drops a database of its own there. A demo that was told to its end
    stays, with all that its reader has tried out, until ``is_fresh`` asks for a new one. ``DATABASE_URL`` and the PG*
    variables are never looked at: nobody's production gets invented people.
    """
    folder = state / "demo"
    with _server(url, state) as server:
        target = Target({**server, "PGDATABASE": DATABASE}, is_practice=url is None)
        is_told = exists(server, DATABASE) and _is_told(target)
        note_practice(is_practice=url is None)
        if is_told and not is_fresh:
            say(f"The {target.label} is there, as you left it. To begin again:\n   ./kajabi-guard demo --fresh\n")
        else:
            drop(server, DATABASE)
            create(server, DATABASE)
            with pointed_at(target):
                _tell(target, scale=scale, folder=folder, state=state, reports=reports)
        if url is None:
            choose_practice(DATABASE, config)
            _your_turn(folder)


def _is_told(target: Target) -> bool:
    """Whether a demo was told there to its end. Raises Usage where the contacts are not the demo's own."""
    with pointed_at(target), connect(target) as connection:
        row = connection.execute(statement("demo_marker")).fetchone() or {}
    if not row.get("is_ours"):
        raise Usage(
            f"The database {DATABASE} exists there and its contacts were not made by the demo, so it was left alone. "
            "Rename it, or run the demo without --database-url: it then uses the practice server."
        )
    return bool(row.get("is_told"))


def _tell(target: Target, *, scale: float, folder: Path, state: Path, reports: Path) -> None:
    organisation = make_organisation(scale=scale)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with connect(target, "kajabi-guard demo") as connection:
        say(f"A synthetic organisation in the {target.label}.\n")
        fill_contacts(connection, organisation)
        people = count(len(organisation.contacts), "contact")
        say(f"1. {people}, enriched from PayPal, Zoho, Ticket Tailor and by hand.")
        write_pairs(organisation.merged_away, folder / "merged away.csv")
        accounts = merged_contacts.record_file(connection, folder / "merged away.csv")
        say(f"2. Recorded {count(len(accounts), 'merged contact')}: no import brings them back.")
        say("\n--- First week " + "-" * 65)
        first = _week(
            connection, target, folder / "kajabi week 1.csv", organisation.export_rows, state=state, reports=reports
        )
        say("\n--- Second week " + "-" * 64)
        rows = second_week(organisation)
        second = _week(
            connection, target, folder / "kajabi week 2.csv", rows, state=state, reports=reports, shows_report=True
        )
        write_export(second_week(replace(organisation, export_rows=rows), seed=3), folder / WEEK_3, says_invented=True)
        connection.execute(statement("note_demo_told"))
    _end(first, second)


def fill_contacts(connection: Connection, organisation: Organisation) -> None:
    """Make the contacts table and the tables of kajabi-guard, and copy the organisation into them."""
    connection.execute(statement("demo_contacts"))
    migrate(connection)
    with connection.cursor() as cursor, cursor.copy(statement("copy_contacts")) as copy:
        for contact in organisation.contacts:
            copy.write_row([contact[name] for name in CONTACT_COLUMNS])
    connection.execute("analyze public.contacts")


@contextmanager
def _server(url: str | None, state: Path) -> Iterator[dict[str, str]]:
    if url:
        yield settings_from_url(url)
        return
    with running(state / "practice") as server:
        yield server.settings


def _week(
    connection: Connection,
    target: Target,
    file: Path,
    rows: list[dict[str, str]],
    *,
    state: Path,
    reports: Path,
    shows_report: bool = False,
) -> dict[str, Any]:
    """Load, plan, report and apply one export; returns the report's document, the run and the folder of the files."""
    write_export(rows, file, says_invented=True)
    loaded = load_export(connection, file)
    say(f"Kajabi's full export: {count(loaded.row_count, 'row')}.")
    with steps_progress("dbt computes the plan") as progress:
        make_plan(target, progress=progress, state=state, project=PROJECT)
    document = read_report(connection, target)
    text = render(document, screen_lists(connection, document))
    folder = write_files(connection, document, text, reports)
    if shows_report:
        say("The report that a person reads before anything is written:\n")
        say("\n".join(" " + line for line in text.split("\n")))
    else:
        told = answer(document)
        say(" ".join((told.headline, *told.first)))
    total = len(document.guards)
    say(f"Guards: {total - len(document.red)} of {total} green. Applying {document.plan.short} ...")
    run = apply_plan(connection, target, document.plan.fingerprint)
    tell_again(connection, target, reports)
    say(
        f"Run {run.run_id}: {count(run.updated_contacts, 'contact')} filled ({count(run.values_written, 'value')}), "
        f"{count(run.inserted_contacts, 'contact')} inserted, {run.protected_values_changed} protected values changed."
    )
    say("Enriched contacts, before and after:")
    for name, before in run.enriched_before.items():
        say(f"   {name:<24}{before:>7,}  ->{run.enriched_after[name]:>7,}")
    return {"document": document, "run": run, "folder": folder}


def _end(first: dict[str, Any], second: dict[str, Any]) -> None:
    weeks = (first, second)
    destroyed = sum(week["document"].old_import["values_changed"] for week in weeks)
    written = sum(week["run"].values_written for week in weeks)
    inserted = sum(week["run"].inserted_contacts for week in weeks)
    say("\n" + "-" * 80)
    say(
        f"In these two weeks the old import would have changed {count(destroyed, 'value')}. This one overwrote none, "
        f"filled {count(written, 'blank')} and inserted {count(inserted, 'contact')}; every value is in the ledger."
    )
    say(f"The report to look at is impact.html, with its spreadsheets, in:\n   {second['folder']}")


def _your_turn(folder: Path) -> None:
    say("\n--- Your turn " + "-" * 66)
    say("The export file of a third week is ready. Type these, in this order; nothing here reaches your organisation:")
    for typed in (
        command("weekly", shown(folder / WEEK_3), because=False),
        command("explain", ROSA, because=False),
        "./kajabi-guard history",
        "./kajabi-guard undo 2 --dry-run",
    ):
        say(f"   {typed}")
    say("The first ends with the line that writes what you have read: `apply` and the plan's fingerprint.")
    say("With your own database and file:\n   ./kajabi-guard connect")
