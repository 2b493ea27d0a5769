"""What protection costs: the guarded road (load, plan, apply) as a multiple of a bare, unprotected UPDATE.

Both get the same invented contacts and the same export on the same server, in a database that is dropped afterwards.
Two in a hundred contacts differ: half of them are blank here and known to Kajabi, half are another value there.
Seconds mean nothing elsewhere; the ratios of one run are what can be compared.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg import sql

from loader.database import disposable
from loader.database.connection import connect, pointed_at
from loader.database.embedded.server import running
from loader.demo.story import fill_contacts
from loader.demo.synthetic.organisation import write_export
from loader.demo.synthetic.people import EXPORT_DAY, FIRST_DAY, LAST_NAMES, People
from loader.demo.synthetic.shape import (
    EXPORT_COLUMNS,
    Organisation,
    add_ids,
    new_pair,
    number_rows,
    set_address,
    set_name,
    text,
)
from loader.kajabi.inbound.load import load_export
from loader.merge.apply import apply_plan
from loader.merge.current_plan import current_plan
from loader.merge.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Connection, Target

HERE = Path(__file__).resolve().parent
FIRST_ID = 2_100_000_000
SHARE_CHANGED = 50  # every 50th contact: 2 %
BLOCK = 1 << 20


def invent(count: int, seed: int) -> Organisation:
    """Make ``count`` contacts that Kajabi has as well, all with an address; every 50th differs."""
    people = People(Random(seed))  # noqa: S311  # invented people are drawn from a seed
    pairs = []
    for number in range(count):
        pair = new_pair(people, people.person())
        set_address(pair, people.address())
        if number % SHARE_CHANGED == 0:
            contact, row = pair
            if number % (2 * SHARE_CHANGED) == 0:
                contact["country"] = None
            else:
                set_name(row, text(contact, "first_name"), people.another(LAST_NAMES, text(contact, "last_name")))
        pairs.append(pair)
    number_rows(people, [row for _, row in pairs], FIRST_ID, FIRST_DAY, EXPORT_DAY - timedelta(days=1))
    add_ids(people, pairs)
    return Organisation([contact for contact, _ in pairs], [row for _, row in pairs], [], [])


class Clock:
    """Named durations, in the order in which they were taken."""

    def __init__(self) -> None:
        """Begin with none."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def takes(self, name: str) -> Iterator[None]:
        """Time the block under this name."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begun
        print(f"  {name}: done", file=sys.stderr)


def baseline(connection: Connection, export: Path, clock: Clock) -> int:
    """COPY the file as it is and update without protection; returns how many contacts that overwrote."""
    connection.execute((HERE / "copy_of_contacts.sql").read_bytes())
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in EXPORT_COLUMNS)
    connection.execute(sql.SQL("create unlogged table bench.export ({})").format(columns))
    with clock.takes("bare load"), connection.cursor() as cursor, export.open("rb") as file:
        with cursor.copy("copy bench.export from stdin (format csv, header)") as copy:
            while block := file.read(BLOCK):
                copy.write(block)
        cursor.execute("analyze bench.export")
    with clock.takes("bare update"):
        changed = connection.execute((HERE / "old_import.sql").read_bytes()).rowcount
    connection.execute("drop schema bench cascade")
    return changed


def protected(connection: Connection, target: Target, export: Path, clock: Clock, state: Path) -> int:
    """Load, plan and apply; returns how many contacts that wrote to."""
    with clock.takes("load"):
        load_export(connection, export)
    with clock.takes("plan"):
        make_plan(target, state=state)
    with clock.takes("apply"):
        return apply_plan(connection, target, current_plan(connection)["fingerprint"]).updated_contacts


def measure(count: int, seed: int) -> None:
    """Run both roads once and print the table."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "server") as server:
        organisation = invent(count, seed)
        export = Path(folder) / "export.csv"
        write_export(organisation.export_rows, export)
        name = f"kajabi_guard_bench_{uuid4().hex[:8]}"
        target = disposable.create(server.settings, name)
        try:
            with pointed_at(target), connect(target, "kajabi-guard bench") as connection:
                fill_contacts(connection, organisation)
                version = connection.info.parameter_status("server_version")
                overwritten = baseline(connection, export, clock)
                written = protected(connection, target, export, clock, Path(folder) / "state")
        finally:
            disposable.drop(server.settings, name)
    _print(clock.seconds)
    print(
        f"\nThe bare update changed {overwritten:,} contacts; the protected road filled {written:,} and kept the rest."
    )
    print(f"{count:,} contacts, 2 % differ, seed {seed}, one run. {_versions(version)}")


def _print(seconds: dict[str, float]) -> None:
    """The steps as multiples of the bare ones; the baseline of each line is named."""
    bare = seconds["bare load"] + seconds["bare update"]
    road = seconds["load"] + seconds["plan"] + seconds["apply"]
    lines = (
        ("bare: COPY the file, UPDATE ... COALESCE", bare, bare, "the baseline"),
        ("load: strict reader, all or nothing", seconds["load"], seconds["bare load"], "of the bare COPY"),
        ("plan: dbt, every model and data test", seconds["plan"], bare, "of the baseline"),
        ("apply: the guarded MERGE and the ledger", seconds["apply"], seconds["bare update"], "of the bare UPDATE"),
        ("the protected road: load, plan, apply", road, bare, "of the baseline"),
    )
    print(f"\n{'step':<42}{'seconds here':>13}{'ratio':>9}")
    for label, taken, of, baseline_name in lines:
        print(f"{label:<42}{taken:>13.2f}{taken / of:>8.1f}x  {baseline_name}")


def _versions(server: str | None) -> str:
    from dbt.version import __version__ as dbt  # noqa: PLC0415  # the plan has paid for it

    return f"PostgreSQL {server}, dbt {dbt}, Python {platform.python_version()}, {platform.system()}."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("--contacts", type=int, default=100_000, help="how many (default 100,000; also 1,000,000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    measure(options.contacts, options.seed)
