"""What a command shows while it works: progress on stderr, on a terminal only; results on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from .shell_quoting import as_typed
from .tables import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH = 80
TOOL = "./kajabi-guard"  # as texts name it, before `as_typed`


def is_colored() -> bool:
    """Whether stdout is a terminal that shows emphasis, and nobody asked it not to (``NO_COLOR``)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def folded(text: str) -> str:
    """A paragraph of at most 80 columns, as wide characters are wide; a longer path or command word stays whole."""
    lines = [""]
    for word in re.findall(r" *[^ ]+", visible(text.replace("\n", " "))):
        if not lines[-1] or cell_len(lines[-1] + word) <= WIDTH:
            lines[-1] += word
        else:
            lines.append(word.lstrip())
        if not word.isascii():  # scripts that are written without blanks
            lines[-1:] = chop_cells(lines[-1], WIDTH)
    return "\n".join(lines)


def say(text: str) -> None:
    """Print a paragraph, folded to the terminal; lines that begin with a space (commands) stay whole."""
    for line in as_typed(text).split("\n"):
        click.echo(visible(line) if line.startswith(" ") else folded(line))


def refuse(text: str) -> None:
    """Print one clear paragraph to stderr; a command on a line of its own stays whole, because it is pasted."""
    parts = re.split(rf"\n(   {re.escape(TOOL)} [^\n]*)(?:\n|$)", text)
    # the odd parts are the commands
    lines = [visible(as_typed(part)) if number % 2 else folded(as_typed(part)) for number, part in enumerate(parts)]
    click.echo("\n".join(line for line in lines if line), err=True)


def unexpected(error: Exception) -> str:
    """Say where an error that nobody foresaw arose, without its own words: they can hold a person's value."""
    if isinstance(error, OSError) and error.strerror:
        about = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        return f"The system refused ({about}). What was not finished was rolled back. Remove the cause and try again."
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{at.name} ({Path(at.filename).name}, line {at.lineno})"
    return (
        f"A fault in kajabi-guard itself: {type(error).__name__} in {where}. What was not finished was rolled back; "
        "`./kajabi-guard history` lists what was written. Please report this line."
    )


def show_json(document: Any) -> None:
    """Print one JSON document on stdout, and nothing else."""
    click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that takes the bytes done so far; the bar goes to stderr and only to a terminal."""
    console = Console(stderr=True)
    with Progress(
        TextColumn(label), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn(),
        console=console, transient=True, disable=not sys.stderr.isatty(),
    ) as progress:  # fmt: skip
        task = progress.add_task(label, total=max(total, 1))
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def steps_progress(label: str) -> Iterator[Callable[[str], None]]:
    """Give a function that takes the name of the step that begins; shown on stderr and only on a terminal."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    with console.status(label) as status:
        yield lambda step: status.update(f"{label}: {step}"[: WIDTH - 4])
