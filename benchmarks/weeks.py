"""A whole week as somebody types it, through a link: where its seconds go, and how many round trips it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from figures import number
from link import busy, linked
from loader.database.connection import connect, pointed_at
from organisations import fresh_copy
from processes import Step, step
from rounds import DATABASE, World, copy_contacts, scaled, tell

if TYPE_CHECKING:
    from figures import Samples
    from link import Link

ROUND_TRIP = 0.020
SAMPLE = 500  # rows of the old importer over the link
HEADER = ("command", "phase", "seconds", "server works", "round trips", "seconds over the link")
NUMBERS = (2, 3, 4, 5)


@dataclass
class Phase:
    """One phase of a command: a sample a run."""

    seconds: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    round_trips: list[int] = field(default_factory=list)
    over_the_link: list[float] = field(default_factory=list)


Phases = dict[tuple[str, str], Phase]


def run_weeks(world: World, samples: Samples, runs: int) -> Phases:
    """Add the samples of whole commands, without and with the link; returns the phases of ``weekly`` and ``apply``.

    The link without delay carries what is split into phases: it sees when the server works. A first week that nobody
    counts has the project parsed.
    """
    phases: Phases = {}
    with TemporaryDirectory(prefix="kg-link-", dir="/tmp") as folder:  # a socket's path must be short
        host = Path(folder) / "link"
        _week(world, 0.0, host)
        for _ in range(runs):
            for round_trip in (0.0, ROUND_TRIP):
                tell(f"  a week over {round_trip * 1000:.0f} ms")
                weekly, apply, row_by_row = _week(world, round_trip, host, phases)
                if round_trip:
                    samples.add("weekly over the link", weekly.program.seconds)
                    samples.add("week over the link", weekly.program.seconds + apply.program.seconds)
                    name = "row by row over the link"
                    rows = min(SAMPLE, world.rows)
                    samples.add(name, scaled(samples, name, row_by_row, rows, world.rows))
                else:
                    samples.add("weekly", weekly.program.seconds)
                    samples.add("weekly memory", weekly.peak_megabytes)
                    samples.add("apply command", apply.program.seconds)
                    samples.add("apply processor", apply.program.processor)
    return phases


def _week(world: World, round_trip: float, host: Path, phases: Phases | None = None) -> tuple[Step, Step, float]:
    """Type ``weekly`` and ``apply``, then let the old importer go through the same link; its seconds come last."""
    place, row_by_row = world.place / "week", 0.0
    with fresh_copy(dict(world.server), world.template, DATABASE) as target:
        with linked(target.settings, round_trip, host) as (link, through):
            weekly = step("command", "weekly", world.export, settings=through, place=place)
            fingerprint = weekly.printed["fingerprint"]
            apply = step("command", "apply", fingerprint, settings=through, place=place)
        if phases is not None:
            for name, done in (("weekly", weekly), ("apply", apply)):
                _add_phases(phases, name, done, link, is_slow=round_trip > 0)
        if round_trip:
            with pointed_at(target), connect(target, "kajabi-guard bench") as connection:
                copy_contacts(connection)
            with linked(target.settings, round_trip, host) as (_, through):
                rows = min(SAMPLE, world.rows)
                row_by_row = step("row_by_row", world.export, rows, settings=through, place=place).seconds
    return weekly, apply, row_by_row


def _add_phases(phases: Phases, name: str, done: Step, link: Link, *, is_slow: bool) -> None:
    turns = link.turns
    ends = [*(at for at, _ in done.marks[1:]), done.program.ended]
    for (begin, text), end in zip(done.marks, ends, strict=True):
        phase = phases.setdefault((name, text), Phase())
        if is_slow:
            phase.over_the_link.append(end - begin)
        else:
            phase.seconds.append(end - begin)
            phase.server.append(busy(turns, begin, end))
            phase.round_trips.append(sum(begin <= turn.asked < end for turn in turns))


def table(phases: Phases) -> list[tuple[str, ...]]:
    """Every phase as cells under HEADER, medians, with a line for the whole of each command."""
    rows = []
    for command in dict.fromkeys(name for name, _ in phases):
        of_command = {text: phase for (name, text), phase in phases.items() if name == command}
        rows += [(f"`{command}`", text, *_cells(phase)) for text, phase in of_command.items()]
        whole = Phase(*(
            [sum(runs) for runs in zip(*(getattr(phase, column) for phase in of_command.values()), strict=True)]
            for column in ("seconds", "server", "round_trips", "over_the_link")
        ))  # fmt: skip
        rows.append((f"`{command}`", "**all of it**", *_cells(whole)))
    return rows


def _cells(phase: Phase) -> tuple[str, ...]:
    seconds, server, over = (number(median(found)) for found in (phase.seconds, phase.server, phase.over_the_link))
    return seconds, server, f"{median(phase.round_trips):.0f}", over
