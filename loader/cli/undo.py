"""The command that undoes a run: undo."""

from __future__ import annotations

import click

from ..common.console import say, show_json
from ..common.tables import table_text
from ..database.schema import prepared
from ..merge.undo import undo_run
from . import steps
from .help import UNDOING, Argument, command
from .options import as_json, chosen, target_of


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


undo_commands = (undo,)
