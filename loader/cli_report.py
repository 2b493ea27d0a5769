"""The commands that show: report, history."""

from __future__ import annotations

import click

from loader import steps
from loader.cli_shared import as_json, target_of
from loader.kajabi_export import exports_made
from loader.prepare import prepared
from loader.report_text import table_text
from loader.statements import statement
from loader.terminal import say, show_json


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
            show_json([*runs, *exports_made(connection, limit)])
            return
        say(target.label)
        columns = ("run_id", "status", "fingerprint", "finished_at_utc", "done_by", "filled", "inserted")
        rows = [(r["run_id"], *(r[c] for c in columns[1:5]), r["values_written"], r["inserted_contacts"]) for r in runs]
        click.echo(table_text(columns, rows, numbers=(0, 5, 6)) if rows else "No run yet.")
        exports = exports_made(connection, limit)
        if exports:
            say("Files for Kajabi, and what became of the corrections in them:")
            facts = ("export_id", "kind", "finished_at_utc", "done_by", "count_rows")
            outcomes = ("arrived", "not_yet", "otherwise")
            listed = [
                (*(e[fact] for fact in facts), *(e["corrections"].get(name) for name in outcomes)) for e in exports
            ]
            shown = ("export", "kind", "made_at_utc", "done_by", "people", *outcomes)
            click.echo(table_text(shown, listed, numbers=(0, 4, 5, 6, 7)))


report_commands = (report, history)
