"""From samples to one table: the median, the spread, the ratio to a baseline of the same run, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

SIZES = HANDOFF, HUNDRED_THOUSAND, MILLION = 6_555, 100_000, 1_000_000
HEADER = ("contacts", "what", "median (lowest to highest)", "times", "of", "must be", "holds")
NUMBERS = (0, 2, 3)


@dataclass(frozen=True)
class Must:
    """A limit: of the figure itself, or of its ratio to the baseline; for some sizes only, or for all."""

    most: float | None = None
    least: float | None = None
    is_ratio: bool = False
    sizes: tuple[int, ...] = ()

    def holds(self, figure: float) -> bool:
        """Whether the figure is within the limit."""
        return (self.most is None or figure <= self.most) and (self.least is None or figure >= self.least)

    def as_text(self, unit: str) -> str:
        """The limit as a person reads it."""
        unit = "times" if self.is_ratio else unit
        return f"at most {self.most:g} {unit}" if self.most is not None else f"at least {self.least:g} {unit}"


@dataclass(frozen=True)
class Line:
    """What is measured under a name: how the table calls it, what it is compared with, and what must hold."""

    name: str
    text: str
    baseline: str = ""
    musts: tuple[Must, ...] = ()
    unit: str = "s"


@dataclass
class Samples:
    """Every figure of one size: by name, one sample a run; and a note where there is none, or beside it."""

    contacts: int
    of: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, figure: float) -> None:
        """Keep the sample of one more run."""
        self.of.setdefault(name, []).append(figure)

    def ratio(self, name: str, baseline: str) -> float | None:
        """The median of the ratios run by run, as both sides of a run have had the same machine; None without both."""
        pairs = list(zip(self.of.get(name, ()), self.of.get(baseline, ()), strict=False))
        return median(ours / theirs for ours, theirs in pairs) if pairs else None


FLOOR, FIRST_FLOOR = "dbt and three MERGE", "dbt that parses and three MERGE"
CLIENT = (Must(most=200),)
LINES = (
    Line("load", "**load**: every record of the file, or none", "copy", (Must(most=2.5, is_ratio=True, sizes=SIZES),)),
    Line("copy", "COPY of the raw bytes, nothing checked"),
    Line("pandas.to_sql", "pandas: `read_csv`, `to_sql`", "copy"),
    Line("csvsql", "csvkit: `csvsql --insert`, the whole command", "copy"),
    Line("dlt", "dlt: `pipeline.run` of the rows", "copy"),
    Line("dbt seed", "`dbt seed`, every column text, the whole command", "copy"),
    Line("plan first", "**plan**, the first: nothing parsed", FIRST_FLOOR, (Must(most=8, sizes=(HANDOFF,)),)),
    Line("trivial first", "dbt itself: as many nodes `select 1 as x`, nothing parsed"),
    Line(
        "plan", "**plan**, from the second on", FLOOR,
        (
            Must(most=5, sizes=(HANDOFF,)), Must(most=12, sizes=(HUNDRED_THOUSAND,)), Must(most=60, sizes=(MILLION,)),
            Must(most=1.5, is_ratio=True, sizes=(HUNDRED_THOUSAND,)),
        ),
    ),
    Line("trivial", "dbt itself: as many nodes `select 1 as x`, parsed before"),
    Line("report", "**report**: the screen, the page, the files"),
    Line("apply", "**apply**: the guarded MERGE and the ledger", "update",
         (Must(most=3, is_ratio=True, sizes=(HUNDRED_THOUSAND, MILLION)),)),
    Line("update", "one bare UPDATE ... COALESCE, nothing protected"),
    Line("apply", "**apply**, once more", "merge"),
    Line("merge", "one bare MERGE of the planned cells"),
    Line("writer waits", "another writer of `contacts` waits for apply",
         musts=(Must(most=0.2, sizes=(HANDOFF,)), Must(most=5, sizes=(MILLION,)))),
    Line("apply processor", "`apply FINGERPRINT`, the whole command: time of the processor",
         musts=(Must(most=0.6, sizes=(HANDOFF,)),)),
    Line("apply command", "`apply FINGERPRINT`, the whole command"),
    Line("weekly", "`weekly FILE`, the whole command"),
    Line("row by row", "the old importer, row by row", "weekly"),
    Line("weekly over the link", "`weekly FILE` over a link with 20 ms round trips"),
    Line("row by row over the link", "the old importer, row by row, over that link", "weekly over the link",
         (Must(least=15, is_ratio=True, sizes=(HANDOFF,)),)),
    Line("week over the link", "`weekly FILE` and `apply FINGERPRINT` over that link", "row by row over the link"),
    Line("load memory", "memory of the client: load", musts=CLIENT, unit="MB"),
    Line("plan first memory", "memory of the client: plan, the first", musts=CLIENT, unit="MB"),
    Line("plan memory", "memory of the client: plan", musts=CLIENT, unit="MB"),
    Line("report memory", "memory of the client: report", musts=CLIENT, unit="MB"),
    Line("apply memory", "memory of the client: apply", musts=CLIENT, unit="MB"),
    Line("weekly memory", "memory of the client: `weekly FILE`", musts=CLIENT, unit="MB"),
)  # fmt: skip
CALLED = {
    "copy": "COPY", "update": "the UPDATE", "merge": "the MERGE", "weekly": "`weekly`",
    "weekly over the link": "`weekly` over it", "row by row over the link": "the old importer over it",
    FLOOR: "dbt itself and 3 MERGE", FIRST_FLOOR: "dbt itself and 3 MERGE",
}  # fmt: skip


def with_floors(samples: Samples) -> Samples:
    """Add what a plan is measured against: dbt's own time for as many nodes, and three times the bare MERGE."""
    for name, floor in (("trivial first", FIRST_FLOOR), ("trivial", FLOOR)):
        pairs = zip(samples.of.get(name, ()), samples.of.get("merge", ()), strict=False)
        floors = [dbt + 3 * merge for dbt, merge in pairs]
        if floors:
            samples.of[floor] = floors
    return samples


def table(all_samples: list[Samples]) -> list[tuple[str, ...]]:
    """Every line of every size as cells under HEADER; what was not measured and has no note is left out."""
    return [
        _cells(samples, line)
        for samples in map(with_floors, all_samples)
        for line in LINES
        if line.name in samples.of or line.name in samples.notes
    ]


def not_held(all_samples: list[Samples]) -> list[str]:
    """Every line whose limit does not hold, as contacts and what it is."""
    return [f"{row[0]}: {row[1]} ({row[2]}; {row[3]})" for row in table(all_samples) if row[6] == "no"]


def _cells(samples: Samples, line: Line) -> tuple[str, ...]:
    found, contacts = samples.of.get(line.name), f"{samples.contacts:,}"
    if not found:
        return (contacts, line.text, samples.notes[line.name], "", "", "", "")
    note = f" ({samples.notes[line.name]})" if line.name in samples.notes else ""
    ratio = samples.ratio(line.name, line.baseline)
    musts = [must for must in line.musts if not must.sizes or samples.contacts in must.sizes]
    judged = [must.holds(figure) for must in musts if (figure := ratio if must.is_ratio else median(found)) is not None]
    return (
        contacts,
        line.text + note,
        spread(found, line.unit),
        f"{ratio:.2f}" if ratio is not None and ratio < 1 else f"{ratio:.1f}" if ratio is not None else "",
        CALLED[line.baseline] if ratio is not None else "",
        ", ".join(must.as_text(line.unit) for must in musts),
        ("yes" if all(judged) else "no") if judged else "",
    )


def spread(found: list[float], unit: str) -> str:
    """The median, and the lowest and highest where there are several."""
    middle = f"{number(median(found))} {unit}"
    return middle if len(found) == 1 else f"{middle} ({number(min(found))} to {number(max(found))})"


def number(figure: float) -> str:
    """A figure with as many digits as it has meaning."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"  # noqa: PLR2004


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]], numbers: tuple[int, ...]) -> str:
    """A table in Markdown whose columns stand under each other, so that it reads on a screen as well."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(row: tuple[str, ...]) -> str:
        cells = (
            cell.rjust(width) if at in numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(cells)} |"

    rule = "|".join("-" * (width + 1) + (":" if at in numbers else "-") for at, width in enumerate(widths))
    return "\n".join((line(header), f"|{rule}|", *map(line, rows)))
