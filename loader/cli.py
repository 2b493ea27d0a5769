"""The command line: parses and prints. Every command hands over to one function of one module."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg

from loader import doctor as examination
from loader import steps
from loader.cli_person import person_commands
from loader.connection_file import keep_connection
from loader.database import STATE, connect, explain, open_target
from loader.errors import KajabiGuardError
from loader.guards import Override
from loader.merge import apply_plan
from loader.plan import Scope
from loader.practice import make_practice
from loader.prepare import check_contacts, migrate, prepared
from loader.report_text import count, table_text
from loader.statements import statement
from loader.terminal import refuse, say, show_json, unexpected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database import Target

as_json = click.option("--json", "is_json", is_flag=True, help="One JSON document on stdout, nothing else.")
export_file = click.argument("file", type=click.Path(path_type=Path))
encoding = click.option("--encoding", default="utf-8", show_default=True, help="The file's encoding, e.g. cp1252.")
only = click.option("--only", multiple=True, metavar="EMAIL", help="Plan this person only; can be given again.")
first = click.option("--first", type=click.IntRange(min=1), metavar="N", help="Plan the first N contacts only.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("--database-url", metavar="URL", help="Use this database instead of the connected one.")
@click.version_option(package_name=None, version="0.1.0", prog_name="kajabi-guard")
@click.pass_context
def cli(context: click.Context, database_url: str | None) -> None:
    """Import Kajabi's contacts export without losing what you know better."""
    context.obj = database_url


@contextmanager
def _target(context: click.Context) -> Iterator[Target]:
    with open_target(context.obj, os.environ) as target:
        yield target


@cli.command()
@click.option("--scale", default=1.0, show_default=True, help="Size of the organisation; 1 is the real one's.")
@click.pass_context
def demo(context: click.Context, scale: float) -> None:
    """Show the whole story, with invented people."""
    from loader.demo import tell_story  # noqa: PLC0415  # nobody else needs the synthetic organisation

    tell_story(context.obj, scale=scale)


@cli.command("connect")
@click.pass_context
def connect_command(context: click.Context) -> None:
    """Ask once for your database, test it and keep it."""
    url = context.obj
    if not url and sys.stdin.isatty():
        url = click.prompt("Connection string (it is not shown)", hide_input=True, err=True)
    target = keep_connection(url or sys.stdin.readline())  # from a pipe, getpass would warn of an echo
    say(f"Connected to the {target.label}. Kept in .kajabi-guard/connection.env, readable by you only.")
    say("Next:\n   ./kajabi-guard init")


@cli.command()
@click.option("--embedded", is_flag=True, help="Make a practice database on this machine and use it from now on.")
@click.pass_context
def init(context: click.Context, *, embedded: bool) -> None:
    """Make the tool's own tables; contacts are not touched."""
    if embedded:
        make_practice(STATE, os.environ, context.obj)
    with _target(context) as target, connect(target, "kajabi-guard init") as connection:
        check_contacts(connection)
        done = migrate(connection)
        say(f"The {target.label} is ready ({count(len(done), 'migration')} run).")
        say('Next, if it had been imported:\n   ./kajabi-guard load --as-base "last week\'s export.csv"')
        say('Then:\n   ./kajabi-guard weekly "this week\'s export.csv"')


@cli.command()
@export_file
@encoding
@click.option("--as-base", is_flag=True, help="This export had been imported before: compare the next one with it.")
@click.pass_context
def load(context: click.Context, file: Path, encoding: str, *, as_base: bool) -> None:
    """Copy Kajabi's contacts export: all rows or none."""
    with _target(context) as target:
        steps.load(target, file, encoding, as_base=as_base)
        say("Next:\n   ./kajabi-guard plan")


@cli.command()
@only
@first
@click.option("--compare-policy", type=click.Path(path_type=Path), metavar="FILE", help="Show what it would decide.")
@as_json
@click.pass_context
def plan(
    context: click.Context,
    only: tuple[str, ...],
    first: int | None,
    compare_policy: Path | None,
    *,
    is_json: bool,
) -> None:
    """Compute and show what an import would do."""
    with _target(context) as target:
        if compare_policy is not None:
            steps.compare(target, compare_policy, is_json=is_json)
            return
        steps.plan(target, Scope(only, first))
        steps.report(target, is_json=is_json)


@cli.command()
@export_file
@encoding
@as_json
@click.pass_context
def weekly(context: click.Context, file: Path, encoding: str, *, is_json: bool) -> None:
    """Load, plan and report; stops before the write."""
    with _target(context) as target:
        steps.load(target, file, encoding, is_silent=is_json)
        steps.plan(target, Scope())
        steps.report(target, is_json=is_json)


@cli.command()
@as_json
@click.pass_context
def report(context: click.Context, *, is_json: bool) -> None:
    """Show the plan that stands again."""
    with _target(context) as target:
        steps.report(target, is_json=is_json)


@cli.command()
@click.argument("fingerprint")
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.option("--accept", multiple=True, metavar="GUARD", help="Write although this guard is red.")
@click.option("--because", default="", help="Why; needed with --accept.")
@as_json
@click.pass_context
def apply(
    context: click.Context, fingerprint: str, accept: tuple[str, ...], because: str, *, dry_run: bool, is_json: bool
) -> None:
    """Write the plan that you have read."""
    with _target(context) as target, prepared(target, "apply") as connection:
        override = Override(accept, because)
        run = apply_plan(connection, target, fingerprint, dry_run=dry_run, override=override)
        if is_json:
            show_json(run.as_json())
            return
        say(target.label)
        say(run.as_text())


@cli.command()
@click.option("--limit", default=20, show_default=True, help="How many runs to show.")
@as_json
@click.pass_context
def history(context: click.Context, limit: int, *, is_json: bool) -> None:
    """Show the runs, newest first."""
    with _target(context) as target, prepared(target, "history") as connection:
        runs = connection.execute(statement("history"), {"limit": limit}).fetchall()
        if is_json:
            show_json(runs)
            return
        say(target.label)
        columns = ("run_id", "status", "fingerprint", "finished_at_utc", "done_by", "filled", "inserted")
        rows = [(r["run_id"], *(r[c] for c in columns[1:5]), r["values_written"], r["inserted_contacts"]) for r in runs]
        click.echo(table_text(columns, rows, numbers=(0, 5, 6)) if rows else "No run yet.")


@cli.command()
@as_json
@click.pass_context
def doctor(context: click.Context, *, is_json: bool) -> None:
    """Say what is wrong and how to mend it."""
    with _target(context) as target, connect(target, "kajabi-guard doctor") as connection:
        findings = examination.examine(connection, target)
    if is_json:
        show_json(findings)
    else:
        for finding in findings:
            remedy = f" -> {finding['remedy']}" if finding["remedy"] else ""
            say(f"{finding['status']:<8} {finding['check']}: {finding['detail']}{remedy}")
    sys.exit(1 if any(finding["status"] == "problem" for finding in findings) else 0)


@cli.command("with-database", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def with_database(context: click.Context, command: tuple[str, ...]) -> None:
    """Run dbt, psql or anything on the same database."""
    from loader.dbt import environment  # noqa: PLC0415  # see dbt.py

    with _target(context) as target:
        sys.exit(subprocess.run(command, env=environment(target), check=False).returncode)


for command in person_commands:
    cli.add_command(command)


def main() -> None:
    """Run a command; every refusal is one paragraph on stderr and its exit code."""
    os.umask(0o077)
    try:
        sys.exit(cli.main(prog_name="kajabi-guard", standalone_mode=False))
    except KajabiGuardError as error:
        refuse(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except psycopg.Error as error:
        refuse(explain(error))
        sys.exit(1)
    except BrokenPipeError:  # `| head` has read enough; without this the flush at the end would complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        refuse("Stopped. What was not finished was taken back; `./kajabi-guard history` lists what was written.")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  # a traceback's last line can hold a person's value, and ends in logs
        refuse(unexpected(error))
        sys.exit(1)
