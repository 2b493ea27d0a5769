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
        columns = ("run", "what", "plan", "finished (UTC)", "by", "values", "people")
        named = ("fingerprint", "finished_at_utc", "done_by", "values_written")
        rows: list[tuple[object, ...]] = []
        for run in runs:
            what, *more = _what(run)
            rows.append((run["run_id"], what, *(run[name] for name in named), _people(run)))
            rows += [("", line, *[""] * 5) for line in more]
        click.echo(table_text(columns, rows, numbers=(0, 5, 6)) if rows else "No run yet.")


def _what(run: dict[str, Any]) -> list[str]:
    """What a run was and what became of it, in a line each: applied, undo of 3, refused, undone by 4, again as 5."""
    status = "refused" if run["status"] == "refused" else "" if run["undoes_run"] else "applied"
    undo = f"undo of {run['undoes_run']}" if run["undoes_run"] else ""
    return [line for line in (undo, status, run["what_became_of_it"]) if line]


def _people(run: dict[str, Any]) -> str:
    """Contacts that a run inserted or removed."""
    signed = (("+", run["inserted_contacts"]), ("-", run["removed_contacts"]))
    return " ".join(f"{sign}{number}" for sign, number in signed if number)


report_commands = (report, history)
