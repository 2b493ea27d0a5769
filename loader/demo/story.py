"""The whole story on a practice server: a synthetic organisation and two weekly imports."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..common.console import say, steps_progress
from ..common.paths import REPORTS, STATE
from ..common.tables import count
from ..database.embedded.server import running
from ..database.roles import close_and_grant
from ..database.schema import migrate
from ..database.settings import settings_from_url
from ..database.statements import statement
from ..kajabi.inbound.load import load_export
from ..merge.apply import apply_plan
from ..merge.plan import make_plan
from ..report.document import read_report
from ..report.files import screen_lists, write_files
from ..report.screen import render
from ..report.summary import answer
from ..stewardship import merged_contacts
from .database import renew_demo
from .roles import divided, one_for_all
from .synthetic.organisation import (
    CONTACT_COLUMNS,
    Organisation,
    make_organisation,
    second_week,
    write_export,
    write_pairs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..database.connection import Connection
from .roles import Cast

DATABASE = "kajabi_guard_demo"


def tell_story(url: str | None = None, *, scale: float = 1.0, state: Path = STATE, reports: Path = REPORTS) -> None:
    """Run and narrate the demo. ``url`` names another server: the demo makes and drops a database of its own there.

    ``DATABASE_URL`` and the PG* variables are never looked at: nobody's production gets invented people.
    """
    with _server(url, state) as server:
        target = renew_demo(server, DATABASE, is_practice=url is None)
        cast = one_for_all(target) if url else divided(target)
        organisation = make_organisation(scale=scale)
        folder = state / "demo"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with cast.working_as("owner") as (connection, target):
            say(f"A synthetic organisation in the {target.label}.\n")
            fill_contacts(connection, organisation)
            if cast.is_divided:
                close_and_grant(connection, create=True)
        people = count(len(organisation.contacts), "contact")
        say(f"1. {people}, enriched from PayPal, Zoho, Ticket Tailor and by hand.")
        write_pairs(organisation.merged_away, folder / "merged away.csv")
        with cast.working_as("applier") as (connection, _):
            accounts = merged_contacts.record_file(connection, folder / "merged away.csv")
        merged = count(len(accounts), "person", "people")
        say(f"2. {merged} merged away before are recorded: no import brings them back.")
        if cast.is_divided:
            say(
                f"3. Each step is a role's that may do no more: {cast.name('loader')} loads and sees no contact, "
                f"{cast.name('planner')} plans and writes none, {cast.name('applier')} writes eleven columns."
            )
        say("\n--- First week " + "-" * 65)
        first = _week(cast, folder / "kajabi week 1.csv", rows=organisation.export_rows, state=state, reports=reports)
        say("\n--- Second week " + "-" * 64)
        rows = second_week(organisation)
        second = _week(cast, folder / "kajabi week 2.csv", rows=rows, shows_report=True, state=state, reports=reports)
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
    cast: Cast,
    file: Path,
    *,
    rows: list[dict[str, str]],
    state: Path,
    reports: Path,
    shows_report: bool = False,
) -> dict[str, Any]:
    """Load, plan, report and apply one export; returns the report's document, the run and the folder of the files."""
    write_export(rows, file)
    with cast.working_as("loader") as (connection, _):
        loaded = load_export(connection, file)
    say(f"Kajabi's full export: {count(loaded.row_count, 'row')}.")
    with cast.working_as("planner") as (connection, target):
        with steps_progress("dbt computes the plan") as progress:
            make_plan(target, progress=progress, state=state)
        document = read_report(connection, target)
        text = render(document, screen_lists(connection, document))
        folder = write_files(connection, document, text, reports)
    if shows_report:
        say("The report that a person reads before anything is written:\n")
        say("\n".join(" " + line for line in text.split("\n")))
    if not shows_report:
        told = answer(document)
        say(" ".join((told.headline, *told.first)))
    passed = sum(guard["passed"] for guard in document["guards"])
    say(f"Guards: {passed} of {len(document['guards'])} green. Applying {document['fingerprint'][:8]} ...")
    with cast.working_as("applier") as (connection, target):
        run = apply_plan(connection, target, document["fingerprint"])
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
    destroyed = sum(week["document"]["old_import"]["values_changed"] for week in weeks)
    written = sum(week["run"].values_written for week in weeks)
    inserted = sum(week["run"].inserted_contacts for week in weeks)
    say("\n" + "-" * 80)
    say(
        f"In these two weeks the old import would have changed {count(destroyed, 'value')}. This one overwrote none, "
        f"filled {count(written, 'blank')} and inserted {count(inserted, 'contact')}; every value is in the ledger."
    )
    say(f"The report to look at is impact.html, with its spreadsheets, in:\n   {second['folder']}")
    say("With your own database and file:")
    say('   ./kajabi-guard connect\n   ./kajabi-guard init\n   ./kajabi-guard weekly "path/to/kajabi export.csv"')
