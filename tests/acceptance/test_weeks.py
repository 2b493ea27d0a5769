"""The organisation lives through weeks of imports: nothing of ours is lost, and every conflict is accounted for.

``KAJABI_GUARD_WEEKS`` sets how many weeks; ``scripts/simulate --weeks 100`` runs many of them outside of the suite.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from loader.stewardship import overrides
from simulation import FILL, FOLLOW, MOST_LINES, Simulation
from test_three_way import person

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

WEEKS = int(os.environ.get("KAJABI_GUARD_WEEKS", "6"))


@pytest.mark.parametrize(("policy", "weeks"), [(FILL, WEEKS), (FOLLOW, max(2, WEEKS // 3))])
def test_weeks_of_imports_lose_nothing_and_account_for_every_conflict(
    world: World, policy: str, weeks: int, tell: Callable[[str], None]
) -> None:
    simulation = Simulation(world, policy=policy, replan_every=3)
    figures = simulation.run(weeks)
    tell(f"Weekly imports, policy {policy}:\n{figures.table()}")
    assert simulation.findings == []
    assert figures.counts["protected values lost"] == 0
    assert figures.counts["merged or deleted people inserted again"] == 0
    assert max(figures.quiet_lines, default=0) <= MOST_LINES, "quiet: one person in a hundred changes something"


def test_what_is_corrected_here_after_a_decision_was_carried_out_stays(world: World) -> None:
    """A word for Kajabi's value is carried out once; an edit after it is newer, and Kajabi's value is then stale."""
    email = "person1@example.org"
    world.add_contacts(person(1, phone="(303) 555-0101"))
    world.load(person(1, phone="(720) 555-0111"))
    world.plan()
    with world.connect() as connection:
        assert overrides.decide(connection, email, "phone", "kajabi", "we asked them") == "recorded"
    world.apply(world.plan()["fingerprint"])
    assert world.contacts()[email]["phone"] == "(720) 555-0111"
    world.run("update public.contacts set phone = '(303) 555-0191', phone_source = 'manual'")
    world.load(person(1, phone="(720) 555-0111"), person(2))
    world.apply(world.plan()["fingerprint"])
    assert world.contacts()[email]["phone"] == "(303) 555-0191"
