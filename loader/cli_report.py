"""The commands that show: report, history."""

from __future__ import annotations

import click

from loader import steps
from loader.cli_shared import as_json, target_of
from loader.prepare import prepared
from loader.report_text import table_text
from loader.statements import statement
from loader.terminal import say, show_json


@click.command()
@click.option("--open", "opens", is_flag=True, help="Show impact.html in your browser.")
@as_json
@click.pass_context
def report(context: click.Context, *, opens: bool, is_json: bool) -> None:
    """Show the plan that stands again."""
    with target_of(context) as target:
        steps.report(target, is_json=is_json, opens=opens)


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
        columns = ("run_id", "status", "fingerprint", "finished_at_utc", "done_by", "filled", "inserted")
        rows = [(r["run_id"], *(r[c] for c in columns[1:5]), r["values_written"], r["inserted_contacts"]) for r in runs]
        click.echo(table_text(columns, rows, numbers=(0, 5, 6)) if rows else "No run yet.")


report_commands = (report, history)
