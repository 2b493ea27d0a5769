"""The commands that show: report, history, explain."""

from __future__ import annotations

from typing import Any

import click

from ..common.console import is_colored, say, show_json, steps_progress
from ..common.tables import table_text
from ..database.schema import prepared
from ..kajabi.outbound.export import exports_made
from ..merge.outcomes import read_history
from ..report.explain.read import read_explanation
from ..report.explain.screen import explanation_text
from . import steps
from .help import LOOKING, Argument, command
from .options import as_json, chosen, target_of


@command(LOOKING, 1, "report --open")
@click.option("--open", "opens", is_flag=True, help="Show the report as a page in your browser.")
@as_json
@click.pass_context
def report(context: click.Context, *, opens: bool, is_json: bool) -> None:
    """Show the report of the current plan again."""
    with target_of(context) as target:
        steps.report(target, chosen(context).reports, is_json=is_json, opens=opens)


@command(LOOKING, 3, "history")
@click.option("--limit", default=20, show_default=True, help="How many to show.")
@as_json
@click.pass_context
def history(context: click.Context, limit: int, *, is_json: bool) -> None:
    """List what was written, undone and exported, newest first."""
    with target_of(context) as target, prepared(target, "history") as connection:
        runs = read_history(connection, limit)
        exports = exports_made(connection, limit)
        if is_json:
            show_json([*runs, *exports])
            return
        say(target.label)
        if not runs:
            click.echo("No run yet.")
        else:
            _show_runs(runs)
        if exports:
            _show_exports(exports)


def _show_runs(runs: list[dict[str, Any]]) -> None:
    columns = ("run", "what", "plan", "finished (UTC)", "by", "values", "ids", "people")
    named = ("fingerprint", "finished_at_utc", "done_by", "values_written", "links_written")
    rows: list[tuple[object, ...]] = []
    for run in runs:
        what, *more = _what(run)
        rows.append((run["run_id"], what, *(run[name] for name in named), _people(run)))
        rows += [("", line, *[""] * 6) for line in more]
    click.echo(table_text(columns, rows, numbers=(0, 5, 6, 7)))
    for run in runs:
        if run["refusal"]:
            say(f"Run {run['run_id']} wrote nothing: {run['refusal'].partition('. ')[0]}.")


def _what(run: dict[str, Any]) -> list[str]:
    """What a run was and what became of it, in a line each: applied, undo of 3, refused, undone by 4, again as 5."""
    status = "refused" if run["status"] == "refused" else "" if run["undoes_run"] else "applied"
    undo = f"undo of {run['undoes_run']}" if run["undoes_run"] else ""
    return [line for line in (undo, status, run["what_became_of_it"]) if line]


def _people(run: dict[str, Any]) -> str:
    """Contacts that a run inserted or removed."""
    signed = (("+", run["inserted_contacts"]), ("-", run["removed_contacts"]))
    return " ".join(f"{sign}{number}" for sign, number in signed if number)


def _show_exports(exports: list[dict[str, Any]]) -> None:
    say("Files for Kajabi, and what became of the corrections in them:")
    facts = ("export_id", "kind", "finished_at_utc", "done_by", "count_rows")
    outcomes = ("arrived", "not_yet", "otherwise")
    listed = [(*(e[fact] for fact in facts), *(e["corrections"].get(name) for name in outcomes)) for e in exports]
    shown = ("export", "kind", "made (UTC)", "by", "people", *outcomes)
    click.echo(table_text(shown, listed, numbers=(0, 4, 5, 6, 7)))


@command(LOOKING, 2, "explain rosa@example.org")
@click.argument("email", cls=Argument, words={"EMAIL": "Any email of the person, in any case, or their Kajabi id."})
@as_json
@click.pass_context
def explain(context: click.Context, email: str, *, is_json: bool) -> None:
    """Show one person field by field, and why each value stands."""
    with target_of(context) as target, prepared(target, "explain") as connection:
        with steps_progress("Looking at the plan"):
            document = read_explanation(connection, target, email)
        if is_json:
            show_json(document)
            return
        click.echo(explanation_text(document, color=is_colored()), color=True)


report_commands = (report, history, explain)
