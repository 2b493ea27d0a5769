"""Every statement of a plan's build, explained by the server as it runs (auto_explain): which parts are run again and
again, and how many rows they meet. ``test_growth.py`` counts at one size; ``scripts/explain-plan`` prints at any.

A loop is what a plan runs again for each row of something: the inner side of a nested loop, or a subquery of its own.
Where it meets one row each time it is a look-up. Where it meets a handful, it looks at every field, rule or label, and
grows with the contacts as they do. Beyond ``ROWS_FOR_EACH`` rows each time it joins both sides row by row.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loader.common.paths import PROJECT
from loader.database import disposable
from loader.database.connection import pointed_at
from loader.database.embedded.server import running
from loader.kajabi.inbound.load import load_export
from loader.merge.plan import BUILD
from recorded_build import MARK, RecordedBuild, Recording, clear
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Connection

STREETS, CITIES, AREA_CODES = 700, 90, 700
NEWS: tuple[dict[str, str], ...] = (
    {"state": "CO"}, {"city": "Lyons"}, {"email": ""}, {"kajabi_id": ""}, {"first_name": "Grace"}
)  # fmt: skip
ROWS_FOR_EACH = 100  # every field, rule and placeholder; every other contact would be thousands
RUNS = 1_000  # a loop of fewer runs is not worth a line
SLOWEST = 10
EXPLAINING = """
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_analyze = on;
    set auto_explain.log_timing = off;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_format = json;
    set auto_explain.log_level = notice
"""
NOT_EXPLAINING = "set auto_explain.log_min_duration = -1"
CREATED = re.compile(r'create\s[\w\s]*"\w+"\."\w+"\."(\w+?)(?:__dbt_tmp)?"')
MADE_UP = {"Values Scan", "Function Scan", "Result"}  # nothing is read for them


@dataclass(frozen=True)
class Loop:
    """A part of a plan that was run more than once: how often, and how many rows all of its runs have met."""

    runs: int
    rows: int
    what: str

    @property
    def rows_each(self) -> float:
        return self.rows / self.runs


@dataclass
class Explained:
    """A statement of the build: the model or data test that it is for, its time, its plans and those nested in it."""

    node: str
    seconds: float
    plans: list[dict[str, Any]] = field(default_factory=list)

    def loops(self) -> Iterator[Loop]:
        for plan in self.plans:
            yield from loops(plan["Plan"])


def person(number: int, **more: str) -> dict[str, str]:
    return {
        "email": f"person{number}@example.org",
        "kajabi_id": str(1_000_000_000 + number),
        "first_name": f"Ada {number % STREETS}",
        "last_name": f"Brook {number // STREETS}",
        "phone": f"({200 + number // 10_000 % AREA_CODES}) 555-{number % 10_000:04}",
        "address_line_1": f"{number % STREETS} Elm Street",
        "city": f"Town {number % CITIES}",
        "postal_code": f"{number % STREETS:05}",
        **more,
    }


def fill(world: World, count: int) -> None:
    """The second week of an organisation: fills, changes on both sides, new people, rows without an id or an email."""
    world.say_no_duplicates()
    world.load(person(0))
    world.plan()  # what dbt sends is recorded while there is little to plan
    world.copy_contacts(
        {
            **person(number, **({"phone": "(303) 555-0199"} if number % 50 == 0 else {})),
            "source_system": "zoho" if number % 7 == 0 else "kajabi",
            "state": "CO" if number % 3 else None,
        }
        for number in range(count)
    )
    baseline = world.write_export(person(number) for number in range(count))
    week = world.write_export(
        person(number, **(NEWS[number % 5] if number % 40 < 5 else {})) for number in range(count + count // 40)
    )
    with world.connect() as connection:
        load_export(connection, baseline, as_baseline=True)
        load_export(connection, week)


def recording() -> Recording:
    """What dbt has sent for the first plan of this project."""
    return Recording(**json.loads(RecordedBuild.file(PROJECT, BUILD).read_text(encoding="utf-8")))


@contextmanager
def explaining(connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """Collect what auto_explain says of each statement that this connection runs in the block, nested ones included."""
    plans: list[dict[str, Any]] = []

    def hear(notice: Any) -> None:
        _, found, text = str(notice.message_primary).partition("plan:\n")
        if found:
            plans.append(json.loads(text))

    connection.add_notice_handler(hear)
    connection.execute(EXPLAINING)
    plans.clear()
    try:
        yield plans
    finally:
        connection.remove_notice_handler(hear)
        connection.execute(NOT_EXPLAINING)


def build(world: World, connection: Connection) -> Iterator[Explained]:
    """Build what a plan builds, in the open transaction of this connection, one statement after the other."""
    recorded, name = recording(), world.target.settings["PGDATABASE"]
    clear(connection, PROJECT)
    made = [((CREATED.findall(text) or ["columns of a contract"])[0], text) for text in recorded.building]
    for node, text in [*made, *recorded.testing.items()]:
        with explaining(connection) as plans:
            begun = time.perf_counter()
            connection.execute(text.replace(MARK, name))
            yield Explained(node, time.perf_counter() - begun, list(plans))


def parts(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from parts(child)


def loops(plan: dict[str, Any]) -> Iterator[Loop]:
    """Every part of a plan that is run again for each row of something, and the rows that it met, thrown away or not.

    Left out are values that stand in the statement itself, or in the row itself.
    """
    for part in parts(plan):
        for child in part.get("Plans", []):
            is_inner = part["Node Type"] == "Nested Loop" and child["Parent Relationship"] == "Inner"
            is_again = (is_inner or child["Parent Relationship"] == "SubPlan") and child["Actual Loops"] > 1
            relations = [each.get("Relation Name") or each.get("CTE Name") or "" for each in parts(child)]
            if is_again and any(relations):
                how = f"{part['Join Type'].lower()} join" if is_inner else "a subquery"
                what = f"{how}, {child['Node Type']} of {', '.join(dict.fromkeys(filter(None, relations)))}"
                yield Loop(int(child["Actual Loops"]), _rows_met(child), what)


def _rows_met(inner: dict[str, Any]) -> int:
    """What it read from relations, or what it gave out where that is more (something kept in memory is read once)."""
    read, given = 0.0, inner["Actual Rows"] * inner["Actual Loops"]
    for part in parts(inner):
        if part.get("Plans") or part["Node Type"] in MADE_UP:
            continue
        rows = (
            part["Actual Rows"] + part.get("Rows Removed by Filter", 0) + part.get("Rows Removed by Index Recheck", 0)
        )
        read += rows * part["Actual Loops"]
    return int(max(read, given))


def report(statements: list[Explained]) -> list[str]:
    """What a person reads: the loops, the worst first, and the slowest statements."""
    found = sorted(
        (
            (loop, each.node)
            for each in statements
            for loop in each.loops()
            if loop.runs > RUNS and loop.rows > loop.runs
        ),
        key=lambda pair: -pair[0].rows,
    )
    both = sum(loop.rows_each > ROWS_FOR_EACH for loop, _ in found)
    seconds = sum(each.seconds for each in statements)
    lines = [
        f"Loops: run more than {RUNS:,} times, with more than one row each time.",
        f"  {'runs':>12} {'rows each':>10} {'rows':>14}  node: what is run",
    ]
    lines += [
        f"{'!' if loop.rows_each > ROWS_FOR_EACH else ' '} {loop.runs:>12,} {loop.rows_each:>10,.1f} {loop.rows:>14,}  "
        f"{node}: {loop.what}"
        for loop, node in found
    ] or ["  none"]
    lines += [
        f"{both} of them over both sides (more than {ROWS_FOR_EACH} rows each time).\n",
        f"The {SLOWEST} slowest of {len(statements)} statements in {seconds:.1f} s, the explaining included:",
    ]
    slowest = sorted(statements, key=lambda each: -each.seconds)[:SLOWEST]
    return [*lines, *(f"  {each.seconds:>8.2f} s  {each.node}" for each in slowest)]


def main() -> int:
    """Plan for as many invented contacts as asked for and print the report; 1 where a join is over both sides."""
    parser = argparse.ArgumentParser(description="How PostgreSQL runs each statement of a plan.")
    parser.add_argument("--contacts", type=int, default=100_000, help="how many (default 100,000)")
    count = parser.parse_args().contacts
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "server") as server:
        RecordedBuild.folder = Path(folder)
        name = database_name()
        with pointed_at(disposable.create(server.settings, name)) as target:
            world = World(target, Path(folder))
            fill(world, count)
            with world.connect() as connection, connection.transaction():
                statements = list(build(world, connection))
    lines = report(statements)
    sys.stdout.write(f"{count:,} contacts\n" + "\n".join(lines) + "\n")
    return int(any(line.startswith("!") for line in lines))


if __name__ == "__main__":
    sys.exit(main())
