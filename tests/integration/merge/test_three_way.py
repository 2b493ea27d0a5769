"""Kajabi's genuine changes are told apart from its stale values, by the last accepted export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from world import World

ADDRESS = {
    "address_line_1": "12 Elm St",
    "address_line_2": "Apt 4",
    "city": "Boulder",
    "state": "CO",
    "postal_code": "80302",
    "country": "US",
}
MOVED = {
    "address_line_1": "7 Oak Ave",
    "address_line_2": "Unit 9",
    "city": "Lyons",
    "state": "CO",
    "postal_code": "80540",
    "country": "US",
}


def person(number: int, **cells: Any) -> dict[str, Any]:
    return {
        "email": f"person{number}@example.org",
        "kajabi_id": f"10000000{number:02}",
        "first_name": "Ada",
        "last_name": f"Brook{number}",
        **cells,
    }


def follow(world: World, *fields: str) -> None:
    """Set the policy follow_kajabi for these fields, in the project's own seed, as a steward would."""
    world.policy = dict.fromkeys(fields, "follow_kajabi")


def test_each_movement_since_the_last_accepted_export_gets_its_rule(world: World) -> None:
    """Ours equals the baseline and Kajabi's is new: keep, review. Blank here, unchanged there since then: keep."""
    world.add_contacts(
        person(1, phone="(303) 555-0101"),
        person(2, phone="(303) 555-0199"),
        person(3, phone="(303) 555-0199"),
        person(4, phone=None),
        person(5, phone="(303) 555-0105"),
        person(6, phone=None),
    )
    was = [person(n, phone=f"(303) 555-010{n}") for n in range(1, 7)]
    was[5]["phone"] = ""
    world.load(*was, as_baseline=True)
    now = [dict(row) for row in was]
    now[0]["phone"] = "(720) 555-0111"  # changed in Kajabi only
    now[1]["phone"] = "(720) 555-0112"  # changed here and in Kajabi
    # 3: changed here only; 4: blanked here
    now[4]["phone"] = "N/A"  # cleared in Kajabi
    now[5]["phone"] = "(720) 555-0116"  # new in Kajabi, blank here
    world.load(*now)
    world.plan()
    found = {email: row["rule"] for (email, field), row in world.decisions().items() if field == "phone"}
    assert found == {
        "person1@example.org": "kajabi_changed",
        "person2@example.org": "both_changed",
        "person3@example.org": "stale_in_kajabi",
        "person4@example.org": "blanked_here",
        "person5@example.org": "cleared_in_kajabi",
        "person6@example.org": "fill_blank",
    }
    waiting = {email for (email, field), row in world.decisions().items() if row["needs_review"]}
    assert waiting == {"person1@example.org", "person2@example.org", "person5@example.org"}


def test_a_conflict_stays_open_after_the_baseline_has_moved_on_until_one_side_moves(world: World) -> None:
    world.add_contacts(person(1, phone="(303) 555-0101"), person(2, phone="(303) 555-0102"))
    world.load(person(1, phone="(303) 555-0101"), person(2, phone="(303) 555-0102"), as_baseline=True)
    changed = [person(1, phone="(720) 555-0111"), person(2, phone="")]
    for week in range(3):
        world.load(*changed, person(3 + week, phone=""))
        world.say_no_duplicates()
        world.apply(world.plan()["fingerprint"])
    world.load(*changed)
    world.plan()
    decisions = world.decisions()
    assert decisions["person1@example.org", "phone"]["rule"] == "kajabi_changed"
    assert decisions["person2@example.org", "phone"]["rule"] == "cleared_in_kajabi"
    assert all(decisions[email, "phone"]["needs_review"] for email in ("person1@example.org", "person2@example.org"))
    assert len(world.rows("select * from kajabi_ledger.open_conflicts")) == 2
    # one side moves: somebody corrected ours, and Kajabi got its phone back
    world.run("update public.contacts set phone = '(303) 555-0150' where email = 'person1@example.org'")
    world.load(changed[0], person(2, phone="(303) 555-0102"), person(9))
    world.apply(world.plan()["fingerprint"])
    assert ("person2@example.org", "phone") not in world.decisions()
    assert not world.decisions()["person1@example.org", "phone"]["needs_review"]
    assert world.rows("select * from kajabi_ledger.open_conflicts") == []


def test_an_address_is_followed_whole_or_not_at_all(world: World) -> None:
    world.add_contacts(
        person(1, **ADDRESS),
        person(2, **{**ADDRESS, "city": "Nederland"}),
        person(3, **ADDRESS),
        person(4, **{**ADDRESS, "address_line_2": None}),
    )
    was = [person(n, **ADDRESS) for n in range(1, 5)]
    was[3]["address_line_2"] = ""
    world.load(*was, as_baseline=True)
    world.load(
        person(1, **MOVED),
        person(2, **MOVED),
        person(3, **{**MOVED, "address_line_2": ""}),
        person(4, **MOVED),
    )
    follow(world, *ADDRESS)
    world.plan()
    world.apply()
    after = world.contacts()
    assert {name: after["person1@example.org"][name] for name in MOVED} == MOVED
    assert after["person2@example.org"]["address_line_1"] == "12 Elm St", "ours was corrected: not followed"
    assert after["person3@example.org"]["address_line_1"] == "12 Elm St", "Kajabi leaves our line 2 blank: not followed"
    assert {name: after["person4@example.org"][name] for name in MOVED} == MOVED, "a new line 2 comes along"
    assert all(row["needs_review"] for (email, _), row in world.decisions().items() if "person2" in email)


def test_an_address_that_was_kept_is_not_followed_because_kajabi_repeats_the_part_that_is_ours(world: World) -> None:
    """The country is ours: Kajabi had none. It gives the same one with the new address, and the baseline moves on."""
    world.add_contacts(person(1, **ADDRESS))
    world.load(person(1, **{**ADDRESS, "country": ""}), as_baseline=True)
    follow(world, *ADDRESS)
    moved = person(1, **{**ADDRESS, "address_line_1": "99 Oak Ave", "city": "Lyons"})
    for _ in range(2):
        world.load(moved)
        world.plan()
        assert {rule["action"] for rule in world.decisions().values()} == {"keep"}
        world.apply()
        assert world.contacts()["person1@example.org"]["city"] == ADDRESS["city"]
    waiting = world.rows("select field, was_address_given from kajabi_ledger.open_conflicts order by field")
    assert waiting == [{"field": name, "was_address_given": False} for name in ("address_line_1", "city")]


def test_an_address_is_not_followed_over_a_part_that_was_written_and_blanked_here(world: World) -> None:
    world.add_contacts(person(1, **{**ADDRESS, "postal_code": None}))
    world.load(person(1, **ADDRESS))
    world.apply(world.plan()["fingerprint"])
    world.run("update public.contacts set postal_code = null")
    world.load(person(1, **{**ADDRESS, "postal_code": ""}), as_baseline=True)
    follow(world, *ADDRESS)
    world.load(person(1, **{**ADDRESS, "address_line_1": "99 Oak Ave"}))
    world.plan()
    rules = {field: row["rule"] for (_, field), row in world.decisions().items() if row["action"] == "keep"}
    assert rules == {"postal_code": "address_mismatch", "address_line_1": "kajabi_changed"}
    world.apply()
    assert world.contacts()["person1@example.org"]["postal_code"] is None


@pytest.mark.parametrize("policy", ["fill_blank", "follow_kajabi"])
def test_an_address_that_waits_is_followed_once_the_policy_follows(world: World, policy: str) -> None:
    world.add_contacts(person(1, **ADDRESS))
    world.load(person(1, **ADDRESS), as_baseline=True)
    world.load(person(1, **MOVED))
    world.plan()
    world.apply()
    world.load(person(1, **MOVED))
    world.policy = dict.fromkeys(ADDRESS, policy)
    world.plan()
    world.apply()
    after = world.contacts()["person1@example.org"]
    assert {name: after[name] for name in MOVED} == (MOVED if policy == "follow_kajabi" else ADDRESS)


@pytest.mark.parametrize(("policy", "expected"), [("follow_kajabi", "Grace"), ("fill_blank", "Ada")])
def test_a_value_that_is_newer_in_kajabi_is_taken_only_where_the_policy_follows(
    world: World, policy: str, expected: str
) -> None:
    world.add_contacts(person(1))
    world.load(person(1), as_baseline=True)
    world.load(person(1, first_name="Grace"))
    world.policy = {"first_name": policy}
    world.plan()
    assert world.decisions()["person1@example.org", "first_name"]["rule"] == "kajabi_changed"
    assert world.apply().protected_values_changed == 0
    assert world.contacts()["person1@example.org"]["first_name"] == expected
    assert set(world.verdict().values()) == {0}, "the report after the write is green as well"


def test_an_edit_made_here_without_provenance_is_protected(world: World) -> None:
    """What the ledger says we wrote is not what stands: somebody corrected it, so Kajabi is not followed."""
    world.add_contacts(person(1))
    world.load(person(1, phone="(303) 555-0101"))
    world.policy = {"phone": "follow_kajabi"}
    world.apply(world.plan()["fingerprint"])
    world.run("update public.contacts set phone = '(303) 555-0177'")
    world.load(person(1, phone="(303) 555-0177"))
    world.apply(world.plan()["fingerprint"])  # Kajabi agrees: this becomes the baseline
    world.load(person(1, phone="(720) 555-0122"))
    world.plan()
    decision = world.decisions()["person1@example.org", "phone"]
    assert (decision["rule"], decision["owner"]) == ("field_owned_elsewhere", "manual")
    world.apply()
    assert world.contacts()["person1@example.org"]["phone"] == "(303) 555-0177"


def test_what_was_written_here_and_undone_is_not_filled_again(world: World) -> None:
    world.add_contacts(person(1))
    world.load(person(1, phone="(303) 555-0101"))
    world.apply(world.plan()["fingerprint"])
    world.run("update public.contacts set phone = null")
    world.run("update kajabi_raw.loads set baseline_rank = null, baseline_how = null")
    world.load(person(1, phone="(303) 555-0101"), person(2))
    world.plan()
    assert world.decisions()["person1@example.org", "phone"]["rule"] == "blanked_here"


def test_another_way_of_cleaning_is_no_movement_of_kajabi(world: World) -> None:
    """A later version joins double spaces. What waits goes on waiting, by its texts; nothing else becomes new."""
    email, quiet = "person1@example.org", "person2@example.org"
    world.add_contacts(person(1, city="Boulder"), person(2, city="Boulder", last_name="Brook two"))
    was = [person(1, city="Old  Town"), person(2, city="Old  Town", last_name="Brook  two")]
    world.load(*was, as_baseline=True)
    world.load({**was[0], "city": "New  Town"}, was[1])
    world.apply(world.plan()["fingerprint"])
    waiting = world.one("select * from kajabi_ledger.open_conflicts")
    assert (waiting["kajabi_value"], waiting["baseline_text"]) == ("New  Town", "Old  Town")

    world.macros = lambda text: text.replace(
        "{%- set unescaped = without_escape(value, field) -%}",
        "{%- set unescaped = \"regexp_replace(\" ~ without_escape(value, field) ~ \", '  +', ' ', 'g')\" -%}",
    )
    for _ in range(2):
        world.load({**was[0], "city": "New  Town"}, was[1], person(3 + world.count_files))
        world.plan()
        decision = world.decisions()[email, "city"]
        assert (decision["kajabi_value"], decision["baseline_value"]) == ("New Town", "Old Town")
        assert (decision["rule"], decision["is_open_conflict"]) == ("both_changed", True)
        assert {cell for cell, row in world.decisions().items() if row["needs_review"]} == {(email, "city")}
        assert world.decisions()[quiet, "city"]["rule"] == "stale_in_kajabi"
        world.apply()
        assert world.one("select * from kajabi_ledger.open_conflicts") == waiting, "it keeps its date and its baseline"
