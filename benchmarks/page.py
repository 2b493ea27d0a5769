"""The page docs/benchmarks.md, whole, from one run, and the few figures of it that the README repeats."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

import figures
import peers
import rounds
import weeks
from loader.common.paths import PROJECT
from loader.database.connection import Target, connect, pointed_at
from processes import HERE

if TYPE_CHECKING:
    from datetime import datetime

PAGE, README = PROJECT / "docs" / "benchmarks.md", PROJECT / "README.md"
IN_THE_README = re.compile(r"(?ms)^\| +contacts +\| `load`.*?(?=^$)")
STEPS = ("load", "plan", "report", "apply")
WEEK = """\
`weekly FILE`, then `apply FINGERPRINT`, as they are typed, with {contacts} contacts, {runs}.
The project has been parsed by a plan before.
*server works* is the time in which the server worked on at least one answer.
The last column is the same over the link with round trips of 20 ms.

{table}"""


@dataclass
class Outcome:
    """All that a run has found."""

    seed: int
    server: str = ""
    samples: list[figures.Samples] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    phases: weeks.Phases = field(default_factory=dict)
    phases_of: figures.Samples | None = None
    failures: list[str] = field(default_factory=list)


def describe(server: dict[str, str]) -> str:
    """PostgreSQL's version, and every setting of the server that is not its default."""
    target = Target(server)
    with pointed_at(target), connect(target) as connection:
        number = str(connection.info.parameter_status("server_version")).partition(" ")[0]
        settings = connection.execute((HERE / "server_settings.sql").read_bytes()).fetchall()
    listed = ", ".join(f"`{setting['name']} = '{setting['value']}'`" for setting in settings)
    return f"PostgreSQL {number} with its default settings, but for {listed}"


def make(outcome: Outcome, command: str, now: datetime) -> str:
    """The page as text."""
    return (HERE / "page.template").read_text(encoding="utf-8").format(
        command=command,
        day=f"{now:%Y-%m-%d}",
        sizes=", ".join(
            f"{samples.contacts:,} contacts ({runs_text(runs)})"
            for samples, runs in zip(outcome.samples, outcome.runs, strict=True)
        ),
        seed=outcome.seed,
        machine=machine(),
        versions=versions(),
        server=outcome.server,
        cap=f"{peers.CAP:.0f}",
        once=f"{rounds.ONCE_IS_ENOUGH:.0f}",
        peers=versions_of_peers(),
        table=figures.markdown(figures.HEADER, figures.table(outcome.samples), figures.NUMBERS),
        held=held(outcome.samples),
        week=week(outcome),
    )  # fmt: skip


def runs_text(runs: int) -> str:
    """How many runs, in words."""
    return "one run" if runs == 1 else f"{runs} runs"


def held(samples: list[figures.Samples]) -> str:
    """Whether everything holds that must, and else what does not."""
    broken = figures.not_held(samples)
    lines = "\n".join(f"- {line}" for line in broken)
    return f"These do not hold:\n\n{lines}" if broken else "Everything that must hold does."


def week(outcome: Outcome) -> str:
    """The second table, with what it is about."""
    if outcome.phases_of is None:
        return "Not measured in this run."
    runs = outcome.runs[outcome.samples.index(outcome.phases_of)]
    return WEEK.format(
        contacts=f"{outcome.phases_of.contacts:,}",
        runs=runs_text(runs) if runs == 1 else f"medians of {runs_text(runs)}",
        table=figures.markdown(weeks.HEADER, weeks.table(outcome.phases), weeks.NUMBERS),
    )


def readme_table(samples: list[figures.Samples]) -> str:
    """The table of the README: the median of each step at each size."""
    rows = [
        (f"{each.contacts:,}", *(f"{figures.number(median(each.of[step]))} s" for step in STEPS))
        for each in samples
    ]  # fmt: skip
    return figures.markdown(("contacts", *(f"`{step}`" for step in STEPS)), rows, tuple(range(len(STEPS) + 1))) + "\n"


def write(outcome: Outcome, text: str) -> None:
    """Write the page, and its figures into the README. Raises ValueError where the README has lost its table."""
    readme, found = IN_THE_README.subn(readme_table(outcome.samples), README.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError("The README has no table of the steps any more: its first line begins `| contacts | `load`.")
    PAGE.write_text(text, encoding="utf-8")
    README.write_text(readme, encoding="utf-8")


def machine() -> str:
    """The machine, by cores and memory only."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{platform.system()} on {cores} cores with {memory:.0f} GB of memory"


def versions() -> str:
    """The versions of what ours is made of."""
    named = ", ".join(f"{name} {version(name)}" for name in ("dbt-core", "dbt-postgres", "psycopg"))
    return f"Python {platform.python_version()}, {named}"


def versions_of_peers() -> str:
    """What ``peers.txt`` pins, for this Python."""
    lines = (line for line in peers.REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    wanted = [each for each in map(Requirement, lines) if each.marker is None or each.marker.evaluate()]
    return ", ".join(f"{each.name} {str(each.specifier).lstrip('=')}" for each in wanted)
