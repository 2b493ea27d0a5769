"""The benchmark's steps on a few contacts, each in a process of its own as ``make bench`` runs them; without dbt.

``make bench`` itself takes minutes; its parts without a database are in tests/unit/project/test_benchmarks.py.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from link import linked
from loader.database import disposable
from loader.database.connection import connect, pointed_at
from organisations import fresh_copy, make_template
from processes import StepFailed, step
from rounds import World, bare, copy_contacts
from waiting_writer import waiting_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Target

CONTACTS = 200


@pytest.fixture(scope="module")
def a_world(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, name = tmp_path_factory.mktemp("bench"), f"kajabi_guard_bench_{uuid4().hex[:8]}"
    rows = make_template(server, name, CONTACTS, 1, folder / "export.csv")
    yield World(server, name, folder / "export.csv", rows, folder / "state")
    disposable.drop(server, name)


@pytest.fixture
def bench(a_world: World) -> Iterator[Target]:
    """A copy of the benchmark's template."""
    with fresh_copy(dict(a_world.server), a_world.template, f"{a_world.template}_run") as target, pointed_at(target):
        yield target


def test_the_file_is_loaded_by_a_process_of_its_own(a_world: World, bench: Target) -> None:
    loaded = step("load", a_world.export, settings=bench.settings, place=a_world.place)
    copied = step("copy", a_world.export, settings=bench.settings, place=a_world.place)
    for done in (loaded, copied):
        assert 0 < done.seconds < done.program.seconds
        assert 1 < done.peak_megabytes < 200
    with connect(bench) as connection:
        counted = "select (select count(*) from kajabi_raw.contact_rows) as ours, count(*) as bare from bench.export"
        assert connection.execute(counted).fetchone() == {"ours": CONTACTS, "bare": CONTACTS}


def test_the_old_importer_needs_a_round_trip_a_row_and_leaves_what_the_bare_update_leaves(
    a_world: World, bench: Target
) -> None:
    values = "select email, first_name, last_name, country, source_system from bench.contacts order by email"
    with connect(bench) as connection:
        step("copy", a_world.export, settings=bench.settings, place=a_world.place)
        assert bare(connection, "update") > 0
        by_one_statement = connection.execute(values).fetchall()
        copy_contacts(connection)
        untouched = connection.execute(values).fetchall()
        with linked(bench.settings, 0.0) as (link, through):
            step("row_by_row", a_world.export, CONTACTS, settings=through, place=a_world.place)
        by_rows = connection.execute(values).fetchall()
    assert untouched != by_rows == by_one_statement
    assert CONTACTS < len(link.turns) < CONTACTS + 10


def test_a_command_tells_its_phases(a_world: World, bench: Target) -> None:
    done = step("command", "history", settings=bench.settings, place=a_world.place)
    assert done.printed == []
    assert [phase for _, phase in done.marks] == ["Python starts", "connecting", "Python ends"]


def test_a_step_that_fails_says_why(a_world: World, bench: Target) -> None:
    with pytest.raises(StepFailed, match="No export has been loaded yet"):
        step("command", "plan", settings=bench.settings, place=a_world.place)


def test_another_writer_waits_as_long_as_contacts_are_locked(bench: Target) -> None:
    with connect(bench) as locking, connect(bench) as looking, waiting_writer(bench) as waits:
        with locking.transaction():
            locking.execute("lock table public.contacts in exclusive mode")
            while not (looking.execute("select from pg_locks where not granted").rowcount):
                time.sleep(0.001)
            time.sleep(0.1)
        time.sleep(0.01)
    assert max(waits) >= 0.1


def test_what_dbt_tells_of_its_phases_is_still_called_so() -> None:
    import dbt.adapters.events.types as of_adapters  # noqa: PLC0415  # costs a second
    import dbt.events.types as of_dbt  # noqa: PLC0415

    for name in ("StateCheckVarsHash", "FoundStats", "NodeStart", "FinishedRunningStats"):
        assert hasattr(of_dbt, name) or hasattr(of_adapters, name), name
