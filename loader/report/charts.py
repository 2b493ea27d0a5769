"""Pictures as static SVG: only their geometry is computed here, in percent and pixels; the templates draw it.

Every picture stands beside or above a table with the same numbers, and no colour alone carries a meaning: each kind
has a pattern of its own and its number in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .document import Figures, Rows

# what becomes of a difference, in the order in which it is drawn; the keys are classes of impact.css
KINDS = {
    "fill": "filled: blank here",
    "link": "Kajabi id linked",
    "update": "taken from Kajabi",
    "wait": "not in this part plan",
    "review": "needs review",
    "keep": "kept",
}
WEEK_HEIGHT = 120  # pixels of the tallest column
WEEKS_WIDE = 26  # a picture of fewer weeks leaves room for the coming ones


class Segment(NamedTuple):
    """A piece of a bar: its kind, its number, and where it lies, in percent of the width."""

    kind: str
    number: int
    start: str
    width: str


class Bar(NamedTuple):
    """One line of a picture: a key, its numbers by kind, their sum, and the pieces to draw."""

    key: str
    numbers: Figures
    total: int
    segments: Sequence[Segment]


def bars(rows: Iterable[tuple[str, Figures]]) -> list[Bar]:
    """Return a bar for each (key, numbers by kind); the longest one fills the width."""
    listed = list(rows)
    longest = max((sum(numbers.values()) for _, numbers in listed), default=0)
    return [Bar(key, numbers, sum(numbers.values()), _segments(numbers, longest)) for key, numbers in listed]


def _segments(numbers: Figures, longest: int) -> list[Segment]:
    segments, done = [], 0
    for kind, number in numbers.items():
        if number:
            # a number that is not zero is never invisible
            width = _percent(max(number, longest / 100), longest)
            segments.append(Segment(kind, number, _percent(done, longest), width))
        done += number
    return segments


def outcomes_by_field(outcomes: Rows) -> list[Bar]:
    """What becomes of every difference, field by field."""
    fields: dict[str, dict[str, int]] = {}
    for row in outcomes:
        numbers = fields.setdefault(row["field"], dict.fromkeys(KINDS, 0))
        review = row["count_needs_review"] if row["outcome"] == "keep" else 0
        numbers["review"] += review
        numbers[row["outcome"]] += row["count_values"] - review
    return bars(fields.items())


def reasons_to_keep(outcomes: Rows) -> list[Bar]:
    """Why values are kept, most frequent first: a bar for each rule."""
    rules: dict[str, dict[str, int]] = {}
    for row in outcomes:
        if row["outcome"] == "keep":
            numbers = rules.setdefault(row["label"], {"review": 0, "keep": 0})
            numbers["review"] += row["count_needs_review"]
            numbers["keep"] += row["count_values"] - row["count_needs_review"]
    return bars(sorted(rules.items(), key=lambda rule: (-sum(rule[1].values()), rule[0])))


def weeks(told: Rows) -> list[dict[str, Any]]:
    """Return a column for each run, oldest first: what we kept, the part for a person hatched at its foot.

    Each is the week of the document, and its column from the top of the picture.
    """
    highest = max((week["kept"] for week in told), default=0)
    places = max(len(told), WEEKS_WIDE)
    columns = []
    for position, week in enumerate(told):
        kept, needs_review = week["kept"], week["needs_review"]
        height = max(WEEK_HEIGHT * kept / highest, 1) if kept else 0
        review = max(height * needs_review / kept, 1) if needs_review and kept else 0
        drawn = {"top": WEEK_HEIGHT - height, "height": height}
        drawn |= {"review_top": WEEK_HEIGHT - review, "review_height": review}
        place = {"left": _percent(position, places), "width": f"{80 / places:.3f}%"}
        columns.append({"week": week, **place, **{name: f"{pixels:.1f}" for name, pixels in drawn.items()}})
    return columns


def _percent(part: float, whole: int) -> str:
    return f"{100 * part / whole:.3f}%" if whole else "0%"
