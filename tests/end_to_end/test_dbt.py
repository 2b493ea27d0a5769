"""dbt's own tests, on a real database: unit tests of every rule and model, and the data tests of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
