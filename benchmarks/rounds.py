"""One run at one size: each step of ours, and right after it the baseline that it is compared with.

Every run has a fresh copy of the same database. Ours and baselines take turns, so that whatever the machine does
meanwhile hits both.
"""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from figures import HUNDRED_THOUSAND
from loader.database.connection import connect, pointed_at
from organisations import fresh_copy
from peers import CAP, PEERS
from peers import load as load_with
from processes import HERE, StepFailed, step
from trivial_project import make_project
from waiting_writer import waiting_writer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from figures import Samples
    from loader.database.connection import Connection, Target

DATABASE = "kajabi_guard_bench"
SAMPLE = 20_000  # rows of the old importer: it goes on as it began
ONCE_IS_ENOUGH = 10.0  # seconds: a peer that needs more is measured in one run


@dataclass(frozen=True)
class World:
    """What is measured: the server, the template with the contacts, the export file, and a folder for our steps."""

    server: Mapping[str, str]
    template: str
    export: Path
    rows: int
    place: Path


def tell(what: str) -> None:
    """Say on the screen what is being measured; the table has the figures."""
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


def run_once(world: World, samples: Samples, *, peers: tuple[str, ...]) -> None:
    """Add one sample of every figure that needs no link."""
    tell(f"{samples.contacts:,} contacts")
    with fresh_copy(dict(world.server), world.template, DATABASE) as target, pointed_at(target):
        _loads(world, samples, target, peers)
        _plans(world, samples, target)
        with connect(target, "kajabi-guard bench") as connection:
            for name in ("merge", "update"):
                samples.add(name, bare(connection, name))
            connection.execute("checkpoint")  # as before the bare statements
            _apply(world, samples, target)
            copy_contacts(connection)
        rows = min(SAMPLE, world.rows)
        seconds = step("row_by_row", world.export, rows, settings=target.settings, place=world.place).seconds
        samples.add("row by row", scaled(samples, "row by row", seconds, rows, world.rows))


def scaled(samples: Samples, name: str, seconds: float, measured: int, rows: int) -> float:
    """The time for all rows from that for some of them; says so in a note where it is not all of them."""
    if measured < rows:
        samples.notes[name] = f"from {measured:,} of {rows:,} rows, scaled"
    return seconds * rows / measured


def _loads(world: World, samples: Samples, target: Target, peers: tuple[str, ...]) -> None:
    loaded = step("load", world.export, settings=target.settings, place=world.place)
    samples.add("load", loaded.seconds)
    samples.add("load memory", loaded.peak_megabytes)
    samples.add("copy", step("copy", world.export, settings=target.settings, place=world.place).seconds)
    for peer in peers:
        if peer in samples.notes or max(samples.of.get(peer, [0.0])) > ONCE_IS_ENOUGH:
            continue  # it has failed in the run before, or takes long
        tell(f"  {peer}")
        try:
            samples.add(peer, load_with(peer, world.export, world.rows, target))
        except StepFailed as failed:
            samples.notes[peer] = str(failed)
            tell(f"    {failed} {failed.__cause__ or ''}")


def _plans(world: World, samples: Samples, target: Target) -> None:
    place, other = world.place, world.place / "trivial"
    has_parsed = (place / "dbt").exists() and (other / "dbt").exists()
    if samples.contacts <= HUNDRED_THOUSAND or not has_parsed:
        tell("  plan, nothing parsed")
        shutil.rmtree(place / "dbt", ignore_errors=True)
        first = step("plan", settings=target.settings, place=place)
        samples.add("plan first", first.seconds)
        samples.add("plan first memory", first.peak_megabytes)
        shutil.rmtree(other, ignore_errors=True)
        project = make_project(other / "project", first.nodes)
        samples.notes["trivial first"] = samples.notes["trivial"] = f"{first.nodes} of them"
        samples.add("trivial first", step("trivial", project, settings=target.settings, place=other).seconds)
    tell("  plan")
    again = step("plan", settings=target.settings, place=place)
    samples.add("plan", again.seconds)
    samples.add("plan memory", again.peak_megabytes)
    samples.add("trivial", step("trivial", other / "project", settings=target.settings, place=other).seconds)
    reported = step("report", settings=target.settings, place=place)
    samples.add("report", reported.seconds)
    samples.add("report memory", reported.peak_megabytes)


def copy_contacts(connection: Connection) -> None:
    """Make the baselines' copy of the contacts anew, in the state in which the contacts themselves are."""
    connection.execute((HERE / "copy_of_contacts.sql").read_bytes())
    connection.execute("vacuum (analyze) bench.contacts")
    connection.execute("checkpoint")  # one that comes by itself would hit whichever statement runs then


def bare(connection: Connection, name: str) -> float:
    """Run one of the bare statements on a fresh copy of the contacts; returns its seconds."""
    copy_contacts(connection)
    began = time.perf_counter()
    connection.execute((HERE / f"bare_{name}.sql").read_bytes())
    return time.perf_counter() - began


def _apply(world: World, samples: Samples, target: Target) -> None:
    tell("  apply")
    with waiting_writer(target) as waits:
        applied = step("apply", settings=target.settings, place=world.place)
    samples.add("apply", applied.seconds)
    samples.add("apply memory", applied.peak_megabytes)
    samples.add("writer waits", max(waits))


def why_not(smaller: Samples, peer: str, contacts: int) -> str | None:
    """Why a peer is not worth trying with so many contacts, after what it did with fewer; None where it is."""
    found = smaller.of.get(peer, [])
    if found and min(found) * contacts / smaller.contacts <= CAP:
        return None
    is_slow = found or smaller.notes[peer].startswith("stopped")
    return f"not measured: would need more than {CAP:.0f} s" if is_slow else "not measured: it failed with fewer"


def peers_for(
    all_samples: list[Samples], contacts: int, left_out: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The peers to measure at this size, and what the table shall say of the others."""
    notes = dict(left_out)
    for peer in PEERS:
        why = why_not(all_samples[-1], peer, contacts) if all_samples and peer not in notes else None
        if why:
            notes[peer] = why
    return tuple(peer for peer in PEERS if peer not in notes), notes
