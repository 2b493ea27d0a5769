"""A bad file stops by itself: the breakers, end to end, and the recorded override. Their limits are dbt unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from loader.common.errors import RefusedByGuard, Usage
from loader.merge.apply import apply_plan
from loader.merge.guards import Override, expected_guards

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

Rows = list[dict[str, Any]]
PEOPLE = 60


def people() -> Rows:
    return [
        {
            "email": f"person{number}@example.org",
            "kajabi_id": f"10000000{number:02}",
            "first_name": "Ada",
            "last_name": f"Brook{number}",
            "phone": None,
            "address_line_1": f"{number} Elm St",
            "city": "Boston",
            "state": "MA",
            "postal_code": f"021{number:02}",
            "country": "US",
        }
        for number in range(1, PEOPLE + 1)
    ]


def shrunk(rows: Rows) -> Rows:
    return [*rows[:20], rows[-1]]


def emptied(rows: Rows) -> Rows:
    return [{**row, "last_name": ""} for row in rows]


def older(rows: Rows) -> Rows:
    return rows[:-1]


def voluminous(rows: Rows) -> Rows:
    return [{**row, "phone": f"(303) 555-01{number:02}"} for number, row in enumerate(rows)]


def saved_by_a_spreadsheet(rows: Rows) -> Rows:
    return [{**row, "postal_code": row["postal_code"].lstrip("0")} for row in rows[:3]] + rows[3:]


def shifted(rows: Rows) -> Rows:
    columns = ("address_line_1", "city", "postal_code")
    return [{**row, **{name: rows[number - 1][name] for name in columns}} for number, row in enumerate(rows)]


BROKEN: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "rows are missing": (shrunk, "guard_export_shrank"),
    "a column is empty": (emptied, "guard_export_shrank"),
    "the newest person is missing": (older, "guard_older_export"),
    "everybody has something new": (voluminous, "guard_unusual_volume"),
    "zeros are lost": (saved_by_a_spreadsheet, "guard_spreadsheet_damage"),
    "a column is shifted": (shifted, "guard_shifted_rows"),
}


@pytest.mark.parametrize(("damage", "guard"), BROKEN.values(), ids=BROKEN.keys())
def test_a_bad_file_is_refused_until_a_person_overrides_it_with_a_reason(
    world: World, damage: Callable[[Rows], Rows], guard: str
) -> None:
    world.add_contacts(*people())
    world.load(*people(), as_baseline=True)
    world.load(*damage(people()))
    plan = world.plan()
    assert [name for name, found in world.verdict().items() if found] == [guard]
    before = world.contacts()
    with pytest.raises(RefusedByGuard, match=guard):
        world.apply()
    assert world.contacts() == before
    with world.connect() as connection:
        override = Override((guard,), "we looked at it row by row")
        run = apply_plan(connection, world.target, plan["fingerprint"], override=override)
    assert run.status == "applied"
    kept = world.one("select * from kajabi_ledger.guard_overrides")
    assert (kept["run_id"], kept["guard"], kept["because"]) == (run.run_id, guard, "we looked at it row by row")
    assert kept["violations"] > 0


def test_an_address_that_would_become_a_mixture_is_refused(world: World) -> None:
    """No rule plans one; the guard is the second opinion, so the plan is altered by hand here."""
    world.add_contacts({**people()[0], "city": None})
    world.load(people()[0])
    world.plan()
    assert world.verdict()["guard_mixed_addresses"] == 0
    world.run("update kajabi_guard.merge_plan set address_line_1 = '7 Oak Ave'")
    assert world.verdict()["guard_mixed_addresses"] == 0, "a written part may differ"
    world.run(
        "update kajabi_guard.merge_plan set address_line_1 = '7 Oak Ave', "
        'contact_as_seen = contact_as_seen || \'{"address_line_1": "7 Oak Ave"}\''
    )
    assert world.verdict()["guard_mixed_addresses"] == 1


PROMISES = {
    *("guard_protected_values", "guard_blank_over_value", "guard_undecided_values", "guard_ambiguous_matches"),
    *("guard_recreated_duplicates", "guard_stale_plan"),
}


def test_the_guards_that_protect_values_take_no_override(world: World) -> None:
    strict = [name for name, row in expected_guards().items() if row["is_overridable"] == "false"]
    assert set(strict) >= PROMISES
    with world.connect() as connection:
        for name in [*strict, "guard_of_nobody"]:
            with pytest.raises(Usage, match="No override is possible"):
                apply_plan(connection, world.target, "0" * 8, override=Override((name,), "because"))
        with pytest.raises(Usage, match="needs --because"):
            apply_plan(connection, world.target, "0" * 8, override=Override(("guard_unusual_volume",), " "))


def test_an_empty_contacts_table_is_filled_without_a_volume_alarm(world: World) -> None:
    world.say_no_duplicates()
    world.load(*people())
    world.plan()
    assert set(world.verdict().values()) == {0}
    assert world.apply().inserted_contacts == PEOPLE
