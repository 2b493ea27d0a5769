"""What the command modules share: the options that several commands have, and the open target."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loader.database import open_target
from loader.prepare import prepared
from loader.terminal import say, steps_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database import Connection, Target

as_json = click.option("--json", "is_json", is_flag=True, help="One JSON document on stdout, nothing else.")
because_option = click.option("--because", help="Why. Somebody will ask next year.")
# click looks at nothing: whether a file can be used is said by whoever uses it, with the exit code that is promised
a_path = click.Path(path_type=Path, readable=False)
list_option = click.option("--from", "file", type=a_path, help="A CSV that a spreadsheet saved.")


@contextmanager
def target_of(context: click.Context) -> Iterator[Target]:
    """Give the database that the command line or the environment names, reachable for the length of the block."""
    with ExitStack() as opened:
        with steps_progress("Connecting"):
            target = opened.enter_context(open_target(context.obj, os.environ))
        yield target


@contextmanager
def announced(context: click.Context, purpose: str) -> Iterator[Connection]:
    """Give a prepared connection, after saying which database it leads to."""
    with target_of(context) as target, prepared(target, purpose) as connection:
        say(target.label)
        yield connection
