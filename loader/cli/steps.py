"""The steps that several commands share: load, plan, show. Each works on an open target and prints its result."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import TYPE_CHECKING, Any

import click

from ..common.console import bytes_progress, is_colored, say, show_json, steps_progress
from ..common.errors import NotConnected, StalePlan, Usage
from ..common.paths import shown
from ..common.private_files import begun_lists
from ..common.shell_quoting import as_typed
from ..common.tables import table_text
from ..database.connection import connect
from ..database.schema import prepared
from ..database.settings import find_settings
from ..kajabi.inbound.load import load_export
from ..merge.compare_policy import compare_policy
from ..merge.plan import Scope, make_plan
from ..merge.standing import Standing, next_step, read_standing
from ..report.document import read_report
from ..report.files import screen_lists, write_files
from ..report.files import tell_again as rewrite_told
from ..report.html import PAGE, TO_DECIDE, decide_command
from ..report.screen import render
from ..stewardship.outcomes import account, all_accepted
from .options import chosen, target_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..database.connection import Connection, Target


def say_next(connection: Connection) -> None:
    """Say the one next step from where the work stands now."""
    standing = read_standing(connection)
    if standing is not None:
        step = next_step(standing)
        say(f"Next: {step.sentence}\n   {step.command}")


def where(context: click.Context) -> None:
    """Say in under ten lines where one stands, and the next step."""
    asked = chosen(context)
    try:
        find_settings(asked.url, os.environ, is_practice=asked.is_practice)
    except NotConnected:
        step = next_step(Standing(is_connected=False))
        say(f"No database is connected.\nNext: {step.sentence}\n   {step.command}")
        return
    with target_of(context) as target, connect(target, "kajabi-guard") as connection:
        say(target.label)
        standing = read_standing(connection)
        if standing is not None and standing.has_contacts and standing.is_prepared:
            say("\n".join(standing.as_lines()))
        say_next(connection)


def load(
    target: Target,
    file: Path,
    encoding: str,
    *,
    as_baseline: bool = False,
    is_silent: bool = False,
    says_next: bool = False,
) -> None:
    """Load an export with a progress bar and say what became of it."""
    try:
        size = file.stat().st_size
    except OSError:
        size = 0  # what is wrong with it is said where it is read
    with prepared(target, "load") as connection, bytes_progress("Loading", size) as progress:
        loaded = load_export(connection, file, encoding=encoding, as_baseline=as_baseline, progress=progress)
    if not is_silent:
        say(f"{target.label}\n{loaded.as_text()}")
    if says_next:
        with prepared(target, "load") as connection:
            say_next(connection)


def plan(target: Target, scope: Scope) -> None:
    """Make a plan, naming the step that dbt works on."""
    if (scope.only and scope.first) or not all(email.strip() for email in scope.only):
        raise Usage("Give either --only EMAIL, once for each person, or --first N, not both. Nothing was planned.")
    with steps_progress("dbt computes the plan") as progress:
        make_plan(target, scope, progress=progress)


def report(target: Target, reports: Path, *, is_json: bool, opens: bool = False) -> None:
    """Show the plan that stands, ``opens`` in the person's browser; exits with 3 when a guard is red."""
    with prepared(target, "report") as connection, steps_progress("Reading the plan"):
        document = read_report(connection, target)
        lists = screen_lists(connection, document)
        folder = write_files(connection, document, render(document, lists), reports)
    if is_json:
        show_json({**document.as_json(), "files": str(folder)})
    else:
        click.echo(render(document, lists, color=is_colored()), color=True)
        click.echo(f"Files: {shown(folder)}")
        for path in begun_lists(folder, TO_DECIDE):
            say("A list that somebody had begun to fill in is still there. To hand it in:")
            say(f"   {decide_command(path)}")
        click.echo(as_typed(f"To read in a browser: {PAGE} there, or  ./kajabi-guard report --open"))
    if opens:
        open_page(folder / PAGE)
    if document.red:
        sys.exit(3)


def tell_again(connection: Connection, target: Target, reports: Path, *, is_silent: bool) -> None:
    """Bring the report of the plan up to date after a write, which is done whatever becomes of its report."""
    try:
        rewrite_told(connection, target, reports)
    except StalePlan:  # the plan that was undone is not the one that stands, and has no report any more
        return
    except Exception:  # noqa: BLE001  # no fault of the report may look as if nothing had been written
        if not is_silent:
            say("The report's page could not be brought up to date. To write it again:\n   ./kajabi-guard report")


def open_page(page: Path) -> None:
    """Show a page in the person's browser, or say where it lies."""
    try:
        is_open = webbrowser.open(page.as_uri())
    except webbrowser.Error:
        is_open = False
    if not is_open:
        click.echo(f"No browser can be opened from here. Open this file in yours:\n   {page}", err=True)


def compare(target: Target, policy: Path, *, is_json: bool) -> None:
    """Show what another policy file would decide on the newest load. Changes nothing."""
    with steps_progress("dbt computes the other plan") as progress:
        changes = compare_policy(target, policy, progress=progress)
    if is_json:
        show_json(changes)
        return
    say(target.label)
    if not changes:
        say("The other policy would decide every difference in the same way.")
        return
    columns = ("field", "rule now", "rule then", "does now", "then", "values")
    rows = [
        tuple(row[name] for name in ("field", "rule", "other_rule", "action", "other_action", "count_values"))
        for row in changes
    ]
    click.echo(table_text(columns, rows, numbers=(5,)))


def tell(connection: Connection, accounts: list[dict[str, Any]]) -> None:
    """Print the account of a list; exits with 1 when a row of it was not recorded."""
    say("\n".join(account(accounts)))
    if any(row["outcome"] in {"recorded", "late"} for row in accounts):
        say("It counts from the next plan on.")
        say_next(connection)
    if not all_accepted(accounts):
        sys.exit(1)
