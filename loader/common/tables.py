"""Words, tables and sheets of text for a terminal of 80 columns, whatever the values are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDTH = 80
GAP = 3  # between two columns of a table
NARROW = 16  # a date, a number, a fingerprint: never cut while something wider can be


def count(number: int, thing: str, things: str | None = None) -> str:
    """``1 value``, ``112 values``, ``6,555 contacts``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def visible(value: object) -> str:
    """A value on one line, with control and direction characters shown as U+XXXX: none may rearrange the screen."""
    text = "" if value is None else str(value)
    return "".join(
        character if character.isprintable() or character == " " else f"<U+{ord(character):04X}>" for character in text
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> Table:
    """A plain table; ``numbers`` are the positions of columns to align right. Long cells are cut, never wrapped.

    Where it does not fit, the widest columns give way to the others: a cut number would be another number.
    """
    cells = [[visible(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    widths = _fitting(widths, WIDTH - GAP * (len(columns) - 1))
    made = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, show_header=any(columns), expand=False)
    for position, name in enumerate(columns):
        justify: Literal["right", "left"] = "right" if position in numbers else "left"
        made.add_column(name, justify=justify, width=widths[position], no_wrap=True, overflow="ellipsis")
    for row in cells:
        made.add_row(*map(Text, row))
    return made


def _fitting(widths: list[int], room: int) -> list[int]:
    """The widths that a row of ``room`` columns has place for: narrow ones as they are, the others cut alike."""
    for narrow in (NARROW, 0):
        for most in range(room, 0, -1):
            cut = [width if width <= narrow else min(width, most) for width in widths]
            if sum(cut) <= room:
                return cut
    return widths


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """The same table as plain text of at most 80 columns."""
    return printed(lambda out: out.print(table(columns, rows, numbers=numbers)))


def printed(draw: Callable[[Console], None], *, color: bool = False) -> str:
    """What ``draw`` prints on a sheet of 80 columns, as text; escape sequences only with ``color``."""
    sheet = io.StringIO()
    draw(Console(
        file=sheet, width=WIDTH, force_terminal=color, no_color=not color, highlight=False, markup=False,
        emoji=False, legacy_windows=False,
    ))  # fmt: skip
    return "\n".join(line.rstrip() for line in sheet.getvalue().split("\n"))
