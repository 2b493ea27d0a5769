"""What the command modules share: the options that every command takes, those of several, and the open target."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.console import say, steps_progress
from ..common.paths import REPORTS
from ..common.shell_quoting import note_practice
from ..database.connection import open_target
from ..database.schema import prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..database.connection import Connection, Target

as_json = click.option("--json", "is_json", is_flag=True, help="Print one JSON document and nothing else.")
because_option = click.option("--because", help="The reason. Somebody will ask next year.")
# click looks at nothing: whether a file can be used is said by whoever uses it, with the exit code that is promised
a_path = click.Path(path_type=Path, readable=False)
list_option = click.option(
    "--from", "file", type=a_path, metavar="FILE", help="Read a list from a file, with the columns below."
)


@dataclass
class Chosen:
    """What the options that every command takes have said."""

    url: str | None = None
    is_practice: bool = False
    reports: Path = REPORTS


def chosen(context: click.Context) -> Chosen:
    """Give what the options said; they may stand before the command or after it."""
    found = context.find_root().ensure_object(Chosen)
    assert isinstance(found, Chosen)  # noqa: S101  # ensure_object makes one
    return found


def _says(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def note(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value not in {None, False}:
            setattr(chosen(context), name, value)

    return note


def everywhere(*, is_hidden: bool = False) -> list[click.Option]:
    """The options that every command takes. Hidden on the commands: what stands once in the help is read."""
    more: dict[str, Any] = {"expose_value": False, "hidden": is_hidden}
    return [
        click.Option(
            ["--database-url"], metavar="URL", callback=_says("url"),
            help="Use this database instead of the connected one.", **more,
        ),
        click.Option(
            ["--practice"], is_flag=True, callback=_says("is_practice"),
            help="Use the practice database, even if another is connected.", **more,
        ),
        click.Option(
            ["--reports"], type=a_path, metavar="DIR", callback=_says("reports"),
            # asked once: on the command it would win over what was typed before the command
            envvar=None if is_hidden else "KAJABI_GUARD_REPORTS", help="Write reports into this folder.", **more,
        ),
    ]  # fmt: skip


@contextmanager
def target_of(context: click.Context) -> Iterator[Target]:
    """Give the database that the command line or the environment names, reachable for the length of the block."""
    asked = chosen(context)
    with ExitStack() as opened:
        with steps_progress("Connecting"):
            opening = open_target(asked.url, os.environ, is_practice=asked.is_practice)
            target = opened.enter_context(opening)
        note_practice(is_practice=target.is_practice)
        yield target


@contextmanager
def announced(context: click.Context, purpose: str, *, is_silent: bool = False) -> Iterator[Connection]:
    """Give a prepared connection, after saying which database it leads to, unless that was said before."""
    with target_of(context) as target, prepared(target, purpose) as connection:
        if not is_silent:
            say(target.label)
        yield connection
