"""dbt's own tests, on a real database: unit tests of every rule and model, and the data tests of a plan."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg2  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]
from dbt.adapters.sql.connections import SQLConnectionManager

from loader.common.errors import KajabiGuardError, RefusedByGuard
from loader.common.paths import PROJECT
from loader.merge.dbt import run_dbt
from test_seed_tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}


def test_every_dbt_test_passes_in_a_build_on_a_fresh_database_and_none_is_left_out(
    world: World, tell: Callable[[str], None]
) -> None:
    """Unit tests and data tests, among the models. No guard warns on a healthy plan."""
    world.add_contacts(ADA)
    world.load({**ADA, "phone": "(303) 555-0142"})
    run = run_dbt(["build"], state=world.folder)
    assert (run.failed, run.skipped, run.warned) == ([], [], [])
    assert {"assert_every_guard_passed", "every_rule_once"} <= set(run.done)
    tell(f"{len(run.done)} steps of `dbt build`, all of its tests passed")


def test_seeds_can_be_made_anew_after_init_made_them(world: World) -> None:
    world.add_contacts(ADA)
    world.load({**ADA, "phone": "(303) 555-0142"})
    before = rows(world)
    for command in (["seed"], ["seed", "--full-refresh"]):
        run = run_dbt(command, state=world.folder)
        assert (run.failed, run.skipped, run.warned) == ([], [], []), command
        assert rows(world) == before
    world.replays = False
    world.plan()
    assert world.apply().values_written == 1


def test_a_model_is_one_message_and_a_thread_keeps_its_connection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Round trips to a server that is far away: ten for each model, and six for a connection, were most of a plan."""
    opened, sent, dropping = [], Counter[str](), []
    connect, add_query = psycopg2.connect, SQLConnectionManager.add_query

    def open_and_count(*given: Any, **named: Any) -> Any:
        opened.append(named["dbname"])
        return connect(*given, **named)

    def send_and_count(manager: Any, query: str, *given: Any, **named: Any) -> Any:
        sent[str(manager.get_thread_connection().name)] += 1
        dropping.extend([query] if " drop " in query else [])
        return add_query(manager, query, *given, **named)

    monkeypatch.setattr(psycopg2, "connect", open_and_count)
    monkeypatch.setattr(SQLConnectionManager, "add_query", send_and_count)
    world.add_contacts(ADA)
    world.load({**ADA, "phone": "(303) 555-0142"})
    run = run_dbt(["run"], state=world.folder)
    assert (run.failed, run.skipped) == ([], [])
    profile = yaml.safe_load((PROJECT / "profiles.example.yml").read_text(encoding="utf-8"))
    assert len(opened) <= profile["kajabi_guard"]["outputs"]["database"]["threads"] + 2, "dbt's own and the schema's"
    of_models = {name: count for name, count in sent.items() if name.startswith("model.")}
    assert len(of_models) == len(run.done) > 50
    # dbt compares the columns of a model with a contract first
    assert {name.rpartition(".")[2] for name, count in of_models.items() if count > 1} == {"merge_plan", "plan_summary"}

    assert not dropping, "nothing stood there"
    run = run_dbt(["run"], state=world.folder)
    assert (run.failed, run.skipped) == ([], [])
    assert len(dropping) == len(of_models)
    # threads that drop the same views in two orders would lock each other out
    assert all(query.index("pg_advisory_xact_lock") < query.index(" drop ") for query in dropping)


@pytest.mark.parametrize(
    "damage",
    [
        "insert into kajabi_raw.contact_rows select * from kajabi_raw.contact_rows",
        "update kajabi_raw.contact_rows set row_number = null",
    ],
)
def test_a_key_that_comes_twice_or_not_at_all_leaves_no_plan(world: World, damage: str) -> None:
    """The grain of a model is a unique index: PostgreSQL refuses to build it, and what was planned before is gone."""
    world.add_contacts(ADA)
    world.load({**ADA, "phone": "(303) 555-0142"})
    before = world.plan()["fingerprint"]
    world.run("alter table kajabi_raw.contact_rows drop constraint contact_rows_pkey")
    world.run("alter table kajabi_raw.contact_rows alter row_number drop not null")
    world.run(damage)
    with pytest.raises(KajabiGuardError, match=r"The plan could not be made: stg_kajabi__rows failed"):
        world.plan()
    with pytest.raises(RefusedByGuard):
        world.apply(before)
