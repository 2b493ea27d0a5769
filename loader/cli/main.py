"""The command line: parses and prints. Every command hands over to one function of one module."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import psycopg

from .. import __version__
from ..common.console import refuse, say, show_json, steps_progress, unexpected
from ..common.errors import KajabiGuardError
from ..database.connection import explain
from ..database.schema import prepared
from ..merge.apply import apply_plan
from ..merge.guards import Override
from ..merge.plan import Scope
from . import steps
from .admin import admin_commands
from .erase import forget_commands
from .export import export_commands
from .options import as_json, chosen, everywhere, target_of
from .report import report_commands
from .steward import person_commands
from .undo import undo_commands

export_file = click.argument("file", type=click.Path(path_type=Path))
encoding = click.option("--encoding", default="utf-8", show_default=True, help="The file's encoding, e.g. cp1252.")
only = click.option("--only", multiple=True, metavar="EMAIL", help="Plan this person only; can be given again.")
first = click.option("--first", type=click.IntRange(min=1), metavar="N", help="Plan the first N contacts only.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name=None, version=__version__, prog_name="kajabi-guard")
def cli() -> None:
    """Import Kajabi's contacts export without losing what you know better."""


@cli.command()
@click.option("--scale", default=1.0, show_default=True, help="Size of the organisation; 1 is the real one's.")
@click.option("--fresh", "is_fresh", is_flag=True, help="Drop the demo's database and begin again.")
@click.pass_context
def demo(context: click.Context, scale: float, *, is_fresh: bool) -> None:
    """Show the whole story, with invented people."""
    from ..demo.story import tell_story  # noqa: PLC0415  # nobody else needs the synthetic organisation

    asked = chosen(context)
    tell_story(asked.url, scale=scale, is_fresh=is_fresh, reports=asked.reports)


@cli.command()
@export_file
@encoding
@click.option("--as-base", is_flag=True, help="This export had been imported before: compare the next one with it.")
@click.pass_context
def load(context: click.Context, file: Path, encoding: str, *, as_base: bool) -> None:
    """Copy Kajabi's contacts export: all rows or none."""
    with target_of(context) as target:
        steps.load(target, file, encoding, as_base=as_base)
        say('Next:\n   ./kajabi-guard weekly "this week\'s export.csv"' if as_base else "Next:\n   ./kajabi-guard plan")


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
    with target_of(context) as target:
        if compare_policy is not None:
            steps.compare(target, compare_policy, is_json=is_json)
            return
        steps.plan(target, Scope(only, first))
        steps.report(target, chosen(context).reports, is_json=is_json)


@cli.command()
@export_file
@encoding
@as_json
@click.pass_context
def weekly(context: click.Context, file: Path, encoding: str, *, is_json: bool) -> None:
    """Load, plan and report; stops before the write."""
    with target_of(context) as target:
        steps.load(target, file, encoding, is_silent=is_json)
        steps.plan(target, Scope())
        steps.report(target, chosen(context).reports, is_json=is_json)


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
    with target_of(context) as target, prepared(target, "apply") as connection:
        override = Override(accept, because)
        with steps_progress("Rehearsing the plan" if dry_run else "Writing the plan, all of it or nothing"):
            run = apply_plan(connection, target, fingerprint, dry_run=dry_run, override=override)
        if run.is_written:
            steps.tell_again(connection, target, chosen(context).reports, is_silent=is_json)
        if is_json:
            show_json(run.as_json())
            return
        say(target.label)
        say(run.as_text())


for command in (
    *report_commands, *person_commands, *undo_commands, *export_commands, *forget_commands, *admin_commands,
):  # fmt: skip
    cli.add_command(command)
cli.params += everywhere()
for command in cli.commands.values():
    command.params += everywhere(is_hidden=True)


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
