"""The command line: parses and prints. Every command hands over to one function of one module."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
import psycopg

from .. import __version__
from ..common.console import refuse, say, show_json, steps_progress, unexpected
from ..common.errors import KajabiGuardError
from ..database.connection import explain
from ..database.schema import prepared
from ..kajabi.inbound.export_file import EXPORT_COLUMNS
from ..merge.apply import apply_plan
from ..merge.compare_policy import POLICY_COLUMNS
from ..merge.guards import Override
from ..merge.plan import Scope
from . import steps
from .admin import admin_commands
from .export import export_commands
from .help import EVERY_WEEK, SETTING_UP, Argument, Commands, OptionWithOldName, command
from .mistyped import usage_text
from .options import a_path, as_json, chosen, everywhere, target_of
from .report import report_commands
from .steward import person_commands
from .undo import undo_commands

if TYPE_CHECKING:
    from pathlib import Path

export_file = click.argument("file", type=a_path, cls=Argument, words={"FILE": "Kajabi's export of all contacts."})
encoding = click.option(
    "--encoding", default="utf-8", show_default=True, help="The encoding of FILE, if it is not Kajabi's own."
)
only = click.option(
    "--only", multiple=True, metavar="EMAIL", help="Plan this person only. Repeat it for several people."
)
first = click.option("--first", type=click.IntRange(min=1), metavar="N", help="Plan the first N contacts only.")


@click.group(
    cls=Commands, invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)  # fmt: skip
@click.version_option(package_name=None, version=__version__, prog_name="kajabi-guard")
@click.pass_context
def cli(context: click.Context) -> None:
    """Import Kajabi's contacts export without losing what you know better."""
    if context.invoked_subcommand is None:
        steps.where(context)


@command(SETTING_UP, 5, "demo")
@click.option("--scale", default=1.0, show_default=True, help="Size of the invented organisation; 1 is 6,555 people.")
@click.option("--fresh", "is_fresh", is_flag=True, help="Drop the demo's database and begin again.")
@click.pass_context
def demo(context: click.Context, scale: float, *, is_fresh: bool) -> None:
    """Walk through the weekly imports with invented people."""
    from ..demo.story import tell_story  # noqa: PLC0415  # nobody else needs the synthetic organisation

    asked = chosen(context)
    tell_story(asked.url, scale=scale, is_fresh=is_fresh, reports=asked.reports)


@command(
    EVERY_WEEK, 2, 'load "this week\'s export.csv"', """load --as-baseline "last week's export.csv\"""",
    columns=EXPORT_COLUMNS,
)  # fmt: skip
@export_file
@encoding
@click.option(
    "--as-baseline", "--as-base", "as_baseline", cls=OptionWithOldName, is_flag=True,
    help="This export had been imported before: it becomes the baseline, with which the next one is compared.",
)  # fmt: skip
@click.pass_context
def load(context: click.Context, file: Path, encoding: str, *, as_baseline: bool) -> None:
    """Load Kajabi's contacts export: every row or none."""
    with target_of(context) as target:
        steps.load(target, file, encoding, as_baseline=as_baseline, says_next=True)


@command(EVERY_WEEK, 3, "plan", "plan --first 10", 'plan --compare-policy "my policies.csv"', columns=POLICY_COLUMNS)
@only
@first
@click.option(
    "--compare-policy", type=a_path, metavar="FILE",
    help="Show what these policies would decide differently, and change nothing.",
)  # fmt: skip
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
    """Work out what an import would write, and show the report."""
    with target_of(context) as target:
        if compare_policy is not None:
            steps.compare(target, compare_policy, is_json=is_json)
            return
        steps.plan(target, Scope(only, first))
        steps.report(target, chosen(context).reports, is_json=is_json)


@command(EVERY_WEEK, 1, """weekly "this week's export.csv\"""", columns=EXPORT_COLUMNS)
@export_file
@encoding
@as_json
@click.pass_context
def weekly(context: click.Context, file: Path, encoding: str, *, is_json: bool) -> None:
    """Load the new export and show the report; write nothing yet."""
    with target_of(context) as target:
        steps.load(target, file, encoding, is_silent=is_json)
        steps.plan(target, Scope())
        steps.report(target, chosen(context).reports, is_json=is_json)


@command(EVERY_WEEK, 4, "apply --dry-run 8c41d2aa", "apply 8c41d2aa")
@click.argument("fingerprint", cls=Argument, words={"FINGERPRINT": "The eight characters at the end of the report."})
@click.option("--dry-run", is_flag=True, help="Rehearse: do everything, then roll it back.")
@click.option(
    "--accept", multiple=True, metavar="GUARD", help="Write even if this guard is red. Repeat it for several."
)
@click.option("--because", default="", help="The reason; --accept needs one.")
@as_json
@click.pass_context
def apply(
    context: click.Context, fingerprint: str, accept: tuple[str, ...], because: str, *, dry_run: bool, is_json: bool
) -> None:
    """Write the plan that you have read to your contacts."""
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
        steps.say_next(connection)


each: click.Command
for each in (
    demo, load, plan, weekly, apply,
    *report_commands, *person_commands, *undo_commands, *export_commands, *admin_commands,
):  # fmt: skip
    cli.add_command(each)
cli.params += everywhere()
for each in cli.commands.values():
    each.params += everywhere(is_hidden=True)


def main() -> None:
    """Run a command; every refusal is one paragraph on stderr and its exit code."""
    os.umask(0o077)
    try:
        sys.exit(cli.main(prog_name="kajabi-guard", standalone_mode=False))
    except KajabiGuardError as error:
        refuse(str(error))
        sys.exit(error.exit_code)
    except click.UsageError as error:
        refuse(usage_text(error))
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
        refuse("Stopped. What was not finished was rolled back; `./kajabi-guard history` lists what was written.")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  # a traceback's last line can hold a person's value, and ends in logs
        refuse(unexpected(error))
        sys.exit(1)
