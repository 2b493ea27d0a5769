"""The write, on a real PostgreSQL: what is planned is written, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loader.common.errors import StalePlan

if TYPE_CHECKING:
    from world import World

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}


def test_a_blank_is_filled_a_value_is_kept_and_applying_again_changes_nothing(world: World) -> None:
    world.add_contacts({**ADA, "phone": None}, {**BEN, "phone": "(303) 555-0101"})
    world.load({**ADA, "phone": "(303) 555-0142"}, {**BEN, "phone": "(215) 555-0199"})
    plan = world.plan()
    run = world.apply(plan["fingerprint"][:8])
    after = world.contacts()
    assert (run.status, run.updated_contacts, run.values_written) == ("applied", 1, 1)
    assert after[ADA["email"]]["phone"] == "(303) 555-0142"
    assert after[BEN["email"]]["phone"] == "(303) 555-0101"
    assert world.apply(plan["fingerprint"]).status == "already_applied"
    assert world.contacts() == after


def test_a_planned_contact_that_moved_is_named_and_nothing_is_written(world: World) -> None:
    (contact_id,) = world.add_contacts(ADA)
    world.load({**ADA, "phone": "(303) 555-0142"})
    plan = world.plan()
    world.run("update public.contacts set city = 'Lyons'")
    with pytest.raises(StalePlan, match=f"city of contact {contact_id}"):
        world.apply(plan["fingerprint"])
    assert world.contacts()[ADA["email"]]["phone"] is None
    assert world.one("select status from kajabi_ledger.merge_runs")["status"] == "refused"
