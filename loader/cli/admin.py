"""The commands of whoever looks after the database: connect, init, doctor, with-database."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict

import click

from ..common.console import say, show_json
from ..common.paths import CONFIG, shown
from ..common.tables import count
from ..database.chosen import forget_connection, keep_connection, make_practice
from ..database.connection import connect, pointed_at
from ..database.contacts_table import check_contacts
from ..database.doctor import examine as examination
from ..database.doctor.findings import findings_text
from ..database.schema import close_and_grant, migrate
from ..database.settings import CONNECTION, other_connections
from . import steps
from .help import SETTING_UP, Argument, command
from .options import as_json, chosen, target_of


@command(SETTING_UP, 1, "connect", name="connect")
@click.pass_context
def connect_command(context: click.Context) -> None:
    """Ask once for your database, test the connection and keep it."""
    url = chosen(context).url
    if not url and sys.stdin.isatty():
        url = click.prompt("Connection string (hidden while you paste it)", hide_input=True, err=True)
    target = keep_connection(url or sys.stdin.readline())  # from a pipe, getpass would warn of an echo
    say(f"Connected to the {target.label}. Kept in {shown(CONFIG / CONNECTION)}, readable by you only.")
    with pointed_at(target), connect(target, "kajabi-guard connect") as connection:
        steps.say_next(connection)


@command(SETTING_UP, 4, "disconnect")
def disconnect() -> None:
    """Forget the connection; no database is touched."""
    if forget_connection():
        say("Forgotten: the connection that `connect` had kept. The database was not touched.")
    else:
        say("No connection is kept, so nothing was forgotten.")
    named = [name for name in other_connections(os.environ) if name != CONNECTION]
    if named:
        say(f"Your shell still names a database, in {', '.join(named)}. To stop using it: `unset {' '.join(named)}`.")


@command(SETTING_UP, 2, "init")
@click.option("--embedded", is_flag=True, help="Make a practice database on this machine, and use it from now on.")
@click.option("--roles", is_flag=True, help="Also make the roles for loading, planning and applying.")
@click.pass_context
def init(context: click.Context, *, embedded: bool, roles: bool) -> None:
    """Make the tool's own tables; your contacts stay untouched."""
    if embedded:
        asked = chosen(context)
        make_practice(os.environ, asked.url, is_practice=asked.is_practice)
    with target_of(context) as target, connect(target, "kajabi-guard init") as connection:
        check_contacts(connection)
        done = migrate(connection)
        has_roles = close_and_grant(connection, create=roles)
        say(f"The {target.label} is ready ({count(len(done), 'migration')} run).")
        if has_roles:
            say("The roles kajabi_guard_loader, kajabi_guard_planner and kajabi_guard_applier have their rights.")
        steps.say_next(connection)


@command(SETTING_UP, 3, "doctor")
@as_json
@click.pass_context
def doctor(context: click.Context, *, is_json: bool) -> None:
    """Check everything, and say how to mend what is wrong."""
    findings = examination.diagnose(target_of(context), chosen(context).reports)
    if is_json:
        show_json([asdict(finding) for finding in findings])
    else:
        click.echo(findings_text(findings))
        if not any(finding.status == "problem" for finding in findings):
            with target_of(context) as target, connect(target, "kajabi-guard doctor") as connection:
                steps.say_next(connection)
    sys.exit(1 if any(finding.status == "problem" for finding in findings) else 0)


@command(
    SETTING_UP, 6, "with-database psql",
    name="with-database",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)  # fmt: skip
@click.argument(
    "program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="PROGRAM", cls=Argument,
    words={"PROGRAM": "A program and its own options, such as psql or dbt build."},
)  # fmt: skip
@click.pass_context
def with_database(context: click.Context, program: tuple[str, ...]) -> None:
    """Run dbt, psql or another program on the same database."""
    from ..merge.dbt import environment  # noqa: PLC0415  # see dbt.py

    with target_of(context) as target:
        sys.exit(subprocess.run(program, env=environment(target), check=False).returncode)


admin_commands = (connect_command, disconnect, init, doctor, with_database)
