"""dbt's own tests, on a real database: unit tests of every rule and model, and the data tests of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.common.errors import KajabiGuardError, RefusedByGuard
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
