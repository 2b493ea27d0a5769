"""The commands that take away: forget, prune."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..common.console import say
from ..common.errors import Usage
from ..common.paths import shown
from ..common.tables import table_text
from ..database.retention import KEPT_DAYS, prune_plans
from ..stewardship.erasure import forget
from ..stewardship.erasure_files import delete_files, find_files
from ..stewardship.overrides import require_reason
from . import steps
from .options import announced, because_option, chosen

if TYPE_CHECKING:
    from ..stewardship.erasure import Erasure
    from ..stewardship.erasure_files import Files


@click.command("forget")
@click.argument("email")
@because_option
@click.option("--dry-run", is_flag=True, help="Show what would be erased, and erase nothing.")
@click.option("--yes", is_flag=True, help="Erase it; without this, it is only shown.")
@click.pass_context
def forget_command(context: click.Context, email: str, because: str | None, *, dry_run: bool, yes: bool) -> None:
    """Erase a person from this tool; contacts is not touched."""
    reason = require_reason(because)
    is_rehearsal = dry_run or not yes
    with announced(context, "forget") as connection:
        erasure = forget(connection, email, reason, dry_run=is_rehearsal)
    files = find_files(erasure.keys.in_files(), chosen(context).reports)
    _show(erasure, files, is_rehearsal=is_rehearsal)
    if not is_rehearsal:
        delete_files(files)
        say(f"Erased, and recorded as erasure {erasure.erasure_id}. There is no plan any more.")
        with announced(context, "forget", is_silent=True) as connection:
            steps.say_next(connection)
    elif not dry_run:
        raise Usage("Nothing was erased yet. Read the list; if it is right, type the command again with --yes.")


def _show(erasure: Erasure, files: Files, *, is_rehearsal: bool) -> None:
    rows = [(name, count) for name, count in erasure.row_counts.items() if count]
    click.echo(table_text(("table", "rows"), rows, numbers=(1,)) if rows else "No row names this person.")
    if erasure.is_empty:
        say("Is the email spelled right? An erasure is recorded all the same: the request was answered.")
    does = "would go" if is_rehearsal else "gone"
    say(f"Copies in kajabi_guard: all {erasure.count_relations} relations {does}, with the plan.")
    for entry in (*files.reports, *files.left_by_dbt):
        say(f"   {does}: {shown(entry)}")
    for entry in files.others:
        say(f"   names the person, and is yours to delete: {shown(entry)}")


@click.command()
@click.option(
    "--older-than", "days", type=click.IntRange(min=0), default=KEPT_DAYS, show_default=True, metavar="DAYS",
    help="Of runs that ended longer ago.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Count what would go, and delete nothing.")
@click.pass_context
def prune(context: click.Context, days: int, *, dry_run: bool) -> None:
    """Delete the ledger's copies of old plans."""
    with announced(context, "prune") as connection:
        pruned = prune_plans(connection, days, dry_run=dry_run)
    does = "would be deleted" if dry_run else "deleted"
    say(f"{pruned.count_rows:,} planned rows of {pruned.count_runs:,} runs {does}.")
    say("The runs, and every value that they wrote, stay in the ledger.")


forget_commands = (forget_command, prune)
