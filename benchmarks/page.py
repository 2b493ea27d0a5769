"""The page docs/benchmarks.md, whole, from one run."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import figures
import peers
import weeks
from loader.common.paths import PROJECT
from loader.database.connection import Target, connect, pointed_at
from processes import HERE

if TYPE_CHECKING:
    from datetime import datetime

PAGE = PROJECT / "docs" / "benchmarks.md"
EXPLAINED = """\
Seconds mean little on another machine; the ratios are what can be compared.
Every run has a fresh copy of the same database; a step of ours and its baseline take turns.
A ratio is the median of the ratios run by run.
What must hold is judged by medians, where a limit is set for that size.

- Every step of ours runs in a process of its own, whose memory is measured; the start of Python is counted only where it says *the whole command*.
- The handoff's size is the synthetic organisation of the demo; at other sizes every 50th contact differs, half of them blank here and half with another value in Kajabi.
- *dbt itself* is a project of as many nodes as a plan runs, each `select 1 as x`, with the same profile and the same options.
- *Another writer* asks for the lock that writing to `contacts` needs, over and over, while apply runs; the figure is its longest wait.
- The old importer sends one `UPDATE ... COALESCE` a row, and an `INSERT` where no contact was updated, all in one transaction.
- The link is a proxy that delays each direction by half of the round trip and does not limit what goes through it.
  Opening a connection takes one round trip more; TLS and passwords are not imitated.
- A peer that does not end within {cap} seconds is stopped, and left out where a smaller size says that it would not.
  pandas, csvkit and dlt are installed in an environment of their own: {peers}.
"""
WEEK = """\
`weekly FILE`, then `apply FINGERPRINT`, as they are typed, with {contacts} contacts, medians of {runs}; the project has been parsed by a plan before.
*server works* is the time in which the server worked on at least one answer.
The last column is the same over the link with round trips of 20 ms.
"""


@dataclass
class Outcome:
    """All that a run has found."""

    seed: int
    server: str = ""
    samples: list[figures.Samples] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)
    phases: weeks.Phases = field(default_factory=dict)
    phases_at: int = 0


def describe(server: dict[str, str]) -> str:
    """PostgreSQL's version, and every setting of the server that is not its default."""
    target = Target(server)
    with pointed_at(target), connect(target) as connection:
        version = str(connection.info.parameter_status("server_version")).partition(" ")[0]
        settings = connection.execute((HERE / "server_settings.sql").read_bytes()).fetchall()
    listed = ", ".join(f"`{setting['name']} = '{setting['value']}'`" for setting in settings)
    return f"PostgreSQL {version} with its default settings, but for {listed}"


def make(outcome: Outcome, command: str, now: datetime) -> str:
    """The page as text."""
    sizes = ", ".join(
        f"{samples.contacts:,} contacts ({runs} {'run' if runs == 1 else 'runs'})"
        for samples, runs in zip(outcome.samples, outcome.runs, strict=True)
    )
    parts = [
        "# Benchmarks\n",
        f"Made by `{command}` on {now:%Y-%m-%d}, whole: whatever is edited here is lost with the next run.\n"
        f"{sizes}; seed {outcome.seed}.\n"
        f"{machine()}.\n{versions()}.\n{outcome.server}.\n",
        EXPLAINED.format(cap=f"{peers.CAP:.0f}", peers=versions_of_peers()),
        "## What each step costs\n",
        figures.markdown(figures.HEADER, figures.table(outcome.samples), figures.NUMBERS) + "\n",
        held(outcome),
    ]
    if outcome.phases:
        runs = outcome.runs[[samples.contacts for samples in outcome.samples].index(outcome.phases_at)]
        about = WEEK.format(contacts=f"{outcome.phases_at:,}", runs="one run" if runs == 1 else f"{runs} runs")
        table = figures.markdown(weeks.HEADER, weeks.table(outcome.phases), weeks.NUMBERS)
        parts += ["## Where each second of a week goes\n", about, table + "\n"]
    return "\n".join(parts)


def held(outcome: Outcome) -> str:
    """One sentence: whether everything holds that must."""
    broken = figures.not_held(outcome.samples)
    if not broken:
        return "Everything that must hold does.\n"
    return "These do not hold:\n\n" + "\n".join(f"- {line}" for line in broken) + "\n"


def machine() -> str:
    """The machine, by cores and memory only."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{platform.system()} on {cores} cores with {memory:.0f} GB of memory"


def versions() -> str:
    """The versions of what ours is made of."""
    from importlib.metadata import version  # noqa: PLC0415

    named = ("dbt-core", "dbt-postgres", "psycopg")
    return f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in named)}"


def versions_of_peers() -> str:
    """What ``peers.txt`` pins, for this Python."""
    from packaging.requirements import Requirement  # noqa: PLC0415

    lines = (line for line in peers.REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    wanted = [wanted for wanted in map(Requirement, lines) if wanted.marker is None or wanted.marker.evaluate()]
    return ", ".join(f"{each.name} {str(each.specifier).lstrip('=')}" for each in wanted)
