"""The commands that undo and erase: undo, forget, prune."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..common.console import say, show_json
from ..common.errors import Usage
from ..common.paths import shown
from ..common.tables import table_text
from ..database.retention import KEPT_DAYS, prune_plans
from ..database.schema import prepared
from ..merge.undo import undo_run
from ..stewardship.erasure import delete_files, find_files, forget
from ..stewardship.overrides import require_reason
from . import steps
from .help import UNDOING, Argument, command
from .options import announced, as_json, because_option, chosen, target_of

if TYPE_CHECKING:
    from ..stewardship.erasure import Erasure, Files


@command(UNDOING, 1, "undo --dry-run 7", "undo 7")
@click.argument(
    "run", type=click.IntRange(min=1), cls=Argument, words={"RUN": "The number of the run, from `history`."}
)
@click.option("--dry-run", is_flag=True, help="Rehearse: do everything, then roll it back.")
@as_json
@click.pass_context
def undo(context: click.Context, run: int, *, dry_run: bool, is_json: bool) -> None:
    """Undo one run, except where somebody changed a value since."""
    with target_of(context) as target, prepared(target, "undo") as connection:
        undone = undo_run(connection, target, run, dry_run=dry_run)
        if undone.is_written:
            steps.tell_again(connection, target, chosen(context).reports, is_silent=is_json)
        if is_json:
            show_json(undone.as_json())
            return
        say(target.label)
        say(undone.as_text())
        if undone.kept:
            rows = [(kept.email or kept.contact_id, kept.field or "(contact)", kept.why) for kept in undone.kept]
            click.echo(table_text(("kept", "field", "why"), rows))
        steps.say_next(connection)


@command(
    UNDOING, 2,
    'forget rosa@example.org --because "her letter of 3 May"',
    'forget rosa@example.org --because "her letter of 3 May" --yes',
    name="forget",
)  # fmt: skip
@click.argument("email", cls=Argument, words={"EMAIL": "Any email that the person ever had here, in any case."})
@because_option
@click.option("--dry-run", is_flag=True, help="Show what would be erased, and erase nothing.")
@click.option("--yes", is_flag=True, help="Erase it; without this, it is only shown.")
@click.pass_context
def forget_command(context: click.Context, email: str, because: str | None, *, dry_run: bool, yes: bool) -> None:
    """Erase a person from this tool; your contacts stay untouched."""
    reason = require_reason(because)
    is_rehearsal = dry_run or not yes
    with announced(context, "forget") as connection:
        erasure = forget(connection, email, reason, dry_run=is_rehearsal)
    files = find_files(erasure.keys.in_files(), chosen(context).reports)
    _show(erasure, files, is_rehearsal=is_rehearsal)
    if not is_rehearsal:
        delete_files(files)
        say(f"Erased, and recorded as erasure {erasure.erasure_id}. The plan is gone as well.")
        with announced(context, "forget", is_silent=True) as connection:
            steps.say_next(connection)
    elif not dry_run:
        raise Usage("Nothing was erased yet. Read the list. If it is right, type the command again and add --yes.")


def _show(erasure: Erasure, files: Files, *, is_rehearsal: bool) -> None:
    rows = [(name, count) for name, count in erasure.row_counts.items() if count]
    click.echo(table_text(("table", "rows"), rows, numbers=(1,)) if rows else "No row of any table names this person.")
    if not rows:
        say("Is the email spelled correctly? The erasure is recorded all the same, because the request was answered.")
    does = "would be deleted" if is_rehearsal else "deleted"
    say(
        f"Copies in the schema kajabi_guard: all {erasure.count_relations} tables and views {does}, the plan with them."
    )
    for entry in (*files.reports, *files.left_by_dbt):
        say(f"   {does}: {shown(entry)}")
    for entry in files.others:
        say(f"   this file names the person, and only you can delete it: {shown(entry)}")


@command(UNDOING, 3, "prune --dry-run")
@click.option(
    "--older-than", "days", type=click.IntRange(min=0), default=KEPT_DAYS, show_default=True, metavar="DAYS",
    help="Keep the copies of plans whose runs ended in the last DAYS days.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Count what would go, and delete nothing.")
@click.pass_context
def prune(context: click.Context, days: int, *, dry_run: bool) -> None:
    """Delete the ledger's copies of old plans."""
    with announced(context, "prune") as connection:
        pruned = prune_plans(connection, days, dry_run=dry_run)
    does = "would be deleted" if dry_run else "deleted"
    say(f"{pruned['count_rows']:,} planned rows of {pruned['count_runs']:,} runs {does}.")
    say("The runs, and every value that they wrote, stay in the ledger.")


undo_commands = (undo, forget_command, prune)
