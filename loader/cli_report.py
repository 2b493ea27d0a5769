"""The commands that show: report, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loader import steps
from loader.cli_shared import as_json, target_of
from loader.prepare import prepared
from loader.report_text import table_text
from loader.statements import statement
from loader.terminal import say, show_json

if TYPE_CHECKING:
    from typing import Any


@click.command()
@as_json
@click.pass_context
def report(context: click.Context, *, is_json: bool) -> None:
    """Show the plan that stands again."""
    with target_of(context) as target:
        steps.report(target, is_json=is_json)


@click.command()
@click.option("--limit", default=20, show_default=True, help="How many runs to show.")
@as_json
@click.pass_context
def history(context: click.Context, limit: int, *, is_json: bool) -> None:
    """Show the runs, newest first."""
    with target_of(context) as target, prepared(target, "history") as connection:
        runs = connection.execute(statement("history"), {"limit": limit}).fetchall()
        if is_json:
            show_json(runs)
            return
        say(target.label)
        columns = ("run", "what", "fingerprint", "finished_at_utc", "done_by", "values", "new", "gone")
        counted = ("values_written", "inserted_contacts", "removed_contacts")
        rows = [
            (run["run_id"], _what(run), *(run[name] for name in (*columns[2:5], *counted)))
            for run in runs
        ]  # fmt: skip
        click.echo(table_text(columns, rows, numbers=(0, 5, 6, 7)) if rows else "No run yet.")


def _what(run: dict[str, Any]) -> str:
    """What a run was, and what became of it: applied, undo of 3, undone by 4 ..."""
    undo = f"undo of {run['undoes_run']}" if run["undoes_run"] else ""
    if run["status"] == "refused":
        return f"{undo} refused".strip()
    return ", ".join(part for part in (undo or "applied", run["what_became_of_it"]) if part)


report_commands = (report, history)
