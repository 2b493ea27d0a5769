"""What old exports and old plans leave behind goes when it is old; the newest and the baseline never do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from console import console_in, digest
from loader.common.errors import Busy, ExportRejected, Usage
from loader.database.retention import KEPT_LOADS, KEPT_LOADS_VARIABLE, kept_loads, prune_plans
from loader.kajabi.inbound.load import load_export

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

KEPT = """
    select load_id from kajabi_raw.loads
    where exists (select from kajabi_raw.contact_rows where contact_rows.load_id = loads.load_id) order by load_id
"""


def row(number: int) -> dict[str, Any]:
    return {"email": "ada.brook@example.org", "kajabi_id": "1000000001", "first_name": "Ada", "last_name": f"B{number}"}


def loads_with_rows(world: World) -> list[int]:
    return [found["load_id"] for found in world.rows(KEPT)]


@pytest.mark.parametrize(("setting", "kept"), [(None, KEPT_LOADS), ("3", 3), ("1", 1), ("0", 1)])
def test_the_last_loads_keep_their_rows_and_the_one_before_them_loses_them(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str | None, kept: int
) -> None:
    monkeypatch.delenv(KEPT_LOADS_VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(KEPT_LOADS_VARIABLE, setting)
    for number in range(1, kept + 2):
        world.load(row(number))
        # n-1, n, n+1: nothing goes until there is one too many, and then the oldest alone
        assert loads_with_rows(world) == list(range(max(1, number - kept + 1), number + 1))
    known = world.rows("select load_id, row_count from kajabi_raw.loads order by load_id")
    assert known == [{"load_id": number, "row_count": 1} for number in range(1, kept + 2)], "the files stay known"


def test_the_baseline_and_the_newest_stay_however_old_they_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT_LOADS_VARIABLE, "2")
    world.load(row(1), as_baseline=True)
    oldest = world.write_export([row(2)])
    with world.connect() as connection:
        load_export(connection, oldest)
    for number in range(3, 7):
        world.load(row(number))
    assert loads_with_rows(world) == [1, 5, 6]
    with world.connect() as connection:
        again = load_export(connection, oldest)
    assert (again.load_id, again.status) == (2, "newest_again")
    assert loads_with_rows(world) == [1, 2, 5, 6], "the newest is an old file, and its rows are there again"
    world.load(row(7), as_baseline=True)
    assert loads_with_rows(world) == [2, 6, 7], "the old baseline is an old load now, the newest is still the newest"


def test_a_load_that_fails_prunes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 4):
        world.load(row(number))
    monkeypatch.setenv(KEPT_LOADS_VARIABLE, "0")
    before = digest(world)
    path = world.write_export([row(4)])
    path.write_bytes(path.read_bytes() + b'"half')
    with world.connect() as connection, pytest.raises(ExportRejected):
        load_export(connection, path)
    world.run("""
        create function public.too_late() returns trigger language plpgsql as $$
        begin
            if not exists (select from kajabi_raw.contact_rows where load_id = 1) then
                raise exception 'the rows were pruned, and now the load fails';
            end if;
            return null;
        end $$;
        create constraint trigger late after insert on kajabi_raw.loads deferrable initially deferred
        for each row execute function public.too_late();
    """)
    with pytest.raises(psycopg.errors.RaiseException):
        world.load(row(5))
    assert digest(world) == before, "pruning is part of the load's own transaction"


@pytest.mark.parametrize("setting", ["-1", "two", "1.5", "1001", "8 9", "\u0663"])
def test_a_setting_that_is_no_number_of_loads_is_refused_before_anything_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    world.load(row(1))
    before = digest(world)
    monkeypatch.setenv(KEPT_LOADS_VARIABLE, setting)
    with pytest.raises(Usage, match=f"{KEPT_LOADS_VARIABLE}.*whole number from 0 to 1000"):
        world.load(row(2))
    assert digest(world) == before


def test_the_setting_may_be_blank_or_absent() -> None:
    assert kept_loads({}) == kept_loads({KEPT_LOADS_VARIABLE: " "}) == KEPT_LOADS
    assert kept_loads({KEPT_LOADS_VARIABLE: " 12 "}) == 12


def runs_with_plans(world: World) -> list[int]:
    found = world.rows("select distinct run_id from kajabi_ledger.planned_rows order by 1")
    return [row["run_id"] for row in found]


@pytest.fixture
def ran(world: World) -> World:
    """Runs 1 to 3, 400, 300 and 200 days ago, each with a planned row and a written value; run 4 was refused."""
    world.run("""
        insert into kajabi_ledger.merge_runs
            (run_token, status, fingerprint, load_id, values_written, started_at, finished_at, done_by)
        select
            gen_random_uuid(), case n when 4 then 'refused' else 'applied' end, 'f' || n, 1, 1, started, started, 'test'
        from generate_series(1, 4) as n
        cross join lateral (select now() - make_interval(days => 500 - 100 * n) as started) as s
    """)
    world.run("""
        insert into kajabi_ledger.planned_rows (run_id, action, contact_id, row_number, field_rules)
        select n, 'insert', gen_random_uuid(), 1, '{"phone": "new_contact"}' from generate_series(1, 3) as n
    """)
    world.run("""
        insert into kajabi_ledger.field_changes (run_id, contact_id, field, written_value, rule)
        select run_id, contact_id, 'phone', '1', 'new_contact' from kajabi_ledger.planned_rows
    """)
    return world


def prune(world: World, days: int, *, dry_run: bool = False) -> tuple[int, int]:
    with world.connect() as connection:
        pruned = prune_plans(connection, days, dry_run=dry_run)
    return pruned["count_rows"], pruned["count_runs"]


def test_copies_of_old_plans_go_at_the_day_and_every_written_value_stays(ran: World) -> None:
    before = digest(ran)
    assert prune(ran, 401) == (0, 0)
    assert prune(ran, 399, dry_run=True) == (1, 1)
    assert digest(ran) == before
    assert prune(ran, 399) == (1, 1)
    assert runs_with_plans(ran) == [2, 3]
    after = digest(ran)
    assert {name for name in after if after[name] != before[name]} == {"kajabi_ledger.planned_rows"}


def test_the_plan_of_the_newest_applied_run_stays_however_old_it_is(ran: World) -> None:
    assert prune(ran, 0) == (2, 2)
    assert runs_with_plans(ran) == [3]
    assert prune(ran, 0) == (0, 0)


def test_without_any_applied_run_nothing_goes(world: World) -> None:
    assert prune(world, 0) == (0, 0)


def test_nothing_is_pruned_during_another_run(ran: World) -> None:
    with ran.connect() as busy, busy.transaction():
        busy.execute("select pg_try_advisory_xact_lock(7521962890)")
        with pytest.raises(Busy):
            prune(ran, 0)
    assert runs_with_plans(ran) == [1, 2, 3]


def test_the_command_counts_first_and_keeps_a_year_unless_told_otherwise(ran: World, tmp_path: Path) -> None:
    with console_in(tmp_path) as console:
        rehearsed = console.run("prune", "--dry-run")
        assert (rehearsed.code, "1 planned rows of 1 runs would be deleted" in rehearsed.out) == (0, True)
        assert runs_with_plans(ran) == [1, 2, 3]
        assert console.run("prune").code == 0
        assert runs_with_plans(ran) == [2, 3]
        assert console.run("prune", "--older-than", "-1").code == 2
        assert console.run("prune", "--older-than", "250").code == 0
        assert runs_with_plans(ran) == [3]
        refused = console.run("load", tmp_path / "no file.csv", variables={KEPT_LOADS_VARIABLE: "many"})
        assert (refused.code, KEPT_LOADS_VARIABLE in refused.refusal) == (2, True)
