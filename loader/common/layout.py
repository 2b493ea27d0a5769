"""Pieces of a text for a terminal of 80 columns: every value is made visible first, and none is cut."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from .shell_quoting import as_typed
from .tables import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

LABEL_WIDTH = 17
BLANK = "(blank)"


def grid(lines: Iterable[tuple[str, str]]) -> Table:
    """Label and text, folded inside their columns: a value is never cut, however wide its characters are."""
    made = Table.grid(padding=(0, 1), pad_edge=False)
    made.add_column(width=LABEL_WIDTH, no_wrap=True, overflow="ellipsis")
    made.add_column(overflow="fold")
    for label, text in lines:
        made.add_row(Text(f"  {label}"), Text(text))
    return made


def title(out: Console, text: str) -> None:
    """Print a heading after a blank line."""
    out.print()
    out.print(Text(visible(text), style="bold", overflow="fold"))


def paragraph(out: Console, text: str) -> None:
    """Print a text, folded at the width of the terminal."""
    out.print(Text(visible(as_typed(text)), overflow="fold"))


def command_line(out: Console, command: str) -> None:
    """A command stays one line, however long: it is there to be pasted."""
    out.print(Text(f"   {visible(as_typed(command))}"), soft_wrap=True)


def shown(value: str | None) -> str:
    """Return a value as a person reads it; what is not there is called blank."""
    return visible(value) if value else BLANK


def reason_given(row: dict[str, Any], column: str = "because") -> str:
    """Return the reason that a person gave, with its comma, or nothing."""
    return f', because "{row[column]}"' if row[column] else ""


def moment(at: datetime | str | None) -> str:
    """A moment to the minute; `deleted_at` comes as the text that the site's own column has."""
    if isinstance(at, datetime):
        return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    return str(at or "at an unknown time")[:16].replace("T", " ")
