"""A person's word: on one cell, an address, a held row, a contact. Valid for exactly what they saw."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from loader import decide, duplicates
from loader.compare import compare_policy
from loader.database import PROJECT
from loader.errors import StalePlan, Usage
from loader.merge import current_plan
from test_three_way import ADDRESS, MOVED, person

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

WHY = "we asked them"


def say(world: World, email: str, field: str, last: str | None = None) -> str:
    with world.connect() as connection:
        return decide.decide(connection, email, field, last, WHY)


def rule_of(world: World, email: str, field: str) -> tuple[str, bool]:
    row = world.decisions()[email, field]
    return row["rule"], row["needs_review"]


def test_a_decided_cell_is_silent_or_written_until_kajabis_value_moves(world: World) -> None:
    one, two = "person1@example.org", "person2@example.org"
    world.add_contacts(person(1, phone_source="paypal", phone="(303) 555-0101"), person(2, phone="(303) 555-0102"))
    world.load(person(1), person(2), as_base=True)
    world.load(person(1, phone="(720) 555-0111"), person(2, phone="(720) 555-0112"))
    world.plan()
    assert rule_of(world, one, "phone") == ("other_field_owner", True)
    assert say(world, one, "phone", "kajabi") == "recorded"
    assert say(world, two, "phone", "ours") == "recorded"
    world.plan()
    assert rule_of(world, one, "phone") == ("decided_kajabi", False)
    assert rule_of(world, two, "phone") == ("decided_ours", False)
    assert set(world.verdict().values()) == {0}, "the protection guards know a person's word"
    world.apply()
    assert world.contacts()[one]["phone"] == "(720) 555-0111"
    assert world.contacts()[two]["phone"] == "(303) 555-0102"
    world.load(person(1, phone="(720) 555-0111"), person(2, phone="(720) 555-0199"))
    world.plan()
    assert rule_of(world, two, "phone") == ("both_changed", True)


def test_a_person_decides_an_address_as_one_unit_which_may_clear_line_2(world: World) -> None:
    email = "person1@example.org"
    world.add_contacts(person(1, **ADDRESS, billing_address_source="manual"))
    world.load(person(1, **{**MOVED, "address_line_2": ""}))
    world.plan()
    assert say(world, email, "city", "kajabi") == "part_of_address"
    assert say(world, email, "address", "kajabi") == "recorded"
    world.plan()
    assert set(world.verdict().values()) == {0}
    world.apply()
    after = world.contacts()[email]
    assert {name: after[name] for name in MOVED} == {**MOVED, "address_line_2": None}


def test_what_cannot_be_decided_is_said(world: World) -> None:
    world.add_contacts(person(1, phone="(303) 555-0101"))
    with pytest.raises(StalePlan):
        say(world, "person1@example.org", "phone", "ours")
    world.load(person(1, phone="(720) 555-0111"))
    world.plan()
    assert say(world, "nobody@example.org", "phone", "ours") == "no_contact"
    assert say(world, "person1@example.org", "shoe_size", "ours") == "unknown_field"
    assert say(world, "person1@example.org", "last_name", "ours") == "no_difference"
    assert say(world, "person1@example.org", "phone", "maybe") == "unknown_verdict"
    assert say(world, "person1@example.org", "new") == "not_held"


def test_a_protected_field_or_contact_is_never_filled_and_unprotect_takes_it_back(world: World) -> None:
    emails = ["person1@example.org", "person2@example.org"]
    world.add_contacts(person(1), person(2))
    rows = [person(n, phone="(720) 555-0111", **ADDRESS) for n in (1, 2)]
    world.load(*rows)
    with world.connect() as connection:
        assert decide.protect(connection, emails[0], "address", WHY) == "recorded"
        assert decide.protect(connection, emails[1], None, WHY) == "recorded"
        assert decide.protect(connection, emails[1], "shoe_size", WHY) == "unknown_field"
        assert decide.protect(connection, "nobody@example.org", None, WHY) == "no_contact"
    world.plan()
    assert rule_of(world, emails[0], "city")[0] == "other_field_owner"
    assert rule_of(world, emails[0], "phone")[0] == "fill_blank"
    assert rule_of(world, emails[1], "phone")[0] == "other_field_owner"
    with world.connect() as connection:
        assert decide.protect(connection, emails[1], "phone", WHY, is_protected=False) == "recorded"
        assert decide.protect(connection, emails[1], "phone", WHY, is_protected=False) == "not_protected"
    world.plan()
    assert rule_of(world, emails[1], "phone")[0] == "fill_blank"
    assert rule_of(world, emails[1], "city")[0] == "other_field_owner"
    assert world.one("select count(*) as n from kajabi_ledger.protections where not is_protected")["n"] == 1


def test_held_rows_are_settled_until_the_row_changes(world: World) -> None:
    phone = "(303) 555-0101"
    world.add_contacts(person(1, phone=phone), person(2, phone=phone, last_name="Brook1"))
    world.say_no_duplicates()
    lookalikes = [
        person(n, phone=phone, last_name="Brook1", email=f"ada{n}@example.org", kajabi_id=f"20000000{n}")
        for n in (3, 4, 5)
    ]
    world.load(person(1, phone=phone), *lookalikes)
    world.plan()
    held = {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.held_rows")}
    assert held == dict.fromkeys((row["email"] for row in lookalikes), "possible_duplicate")
    assert say(world, "ada3@example.org", "same-as", "nobody@example.org") == "no_other"
    assert say(world, "ada3@example.org", "same-as", "person2@example.org") == "recorded"
    assert say(world, "ada4@example.org", "new") == "recorded"
    assert say(world, "200000005", "ignore") == "recorded"
    world.plan()
    statuses = {row["email"]: row for row in world.rows("select * from kajabi_guard.contact_matches")}
    assert (statuses["ada3@example.org"]["status"], statuses["ada3@example.org"]["matched_by"]) == (
        "matched",
        "settled",
    )
    assert statuses["ada4@example.org"]["status"] == "new"
    assert statuses["ada5@example.org"]["hold_reason"] == "ignored"
    assert set(world.verdict().values()) == {0}
    world.apply()
    assert "ada4@example.org" in world.contacts()
    lookalikes[2]["phone"] = "303-555-0101"
    world.load(person(1, phone=phone), *lookalikes)
    world.plan()
    held = {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.held_rows")}
    assert held["ada5@example.org"] == "possible_duplicate", "the row changed: it is asked again"


def test_the_list_to_decide_goes_back_filled_in_and_equal_changes_are_one_line(world: World) -> None:
    people = [person(n, **ADDRESS, phone="(303) 555-0101") for n in range(1, 6)]
    world.add_contacts(*people)
    world.load(*people, as_base=True)
    now: list[dict[str, Any]] = [{**row, "state": "Colorado"} for row in people]
    now[3]["city"] = "Lyons"
    now[4]["phone"] = "+1 720 555 0155"
    world.load(*now)
    world.plan()
    from loader.report import FILES, read_report, write_files  # noqa: PLC0415  # the file is the point here

    assert "to_decide" in FILES
    with world.connect() as connection:
        folder = write_files(connection, read_report(connection, world.target), "", world.folder / "reports")
        path = folder / "to_decide.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        assert [(line["differs_in"], line["people"]) for line in lines] == [
            ("state", "5"),
            ("city", "1"),
            ("phone", "1"),
        ]
        lines[0] |= {"verdict": "kajabi", "because": WHY}
        lines[2] |= {"verdict": "ours"}
        fill_in(path, lines)
        accounts = decide.decide_file(connection, path, because="")
    assert [row["outcome"] for row in accounts] == ["partly", "skipped", "no_reason"]
    world.plan()
    waiting = {key for key, row in world.decisions().items() if row["needs_review"]}
    assert waiting == {
        ("person4@example.org", "city"),
        ("person4@example.org", "state"),
        ("person5@example.org", "phone"),
    }
    world.apply()
    assert world.contacts()["person1@example.org"]["state"] == "Colorado"


def fill_in(path: Path, lines: list[dict[str, str]]) -> None:
    """Save a list as a German spreadsheet would: semicolons and a byte order mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(lines)


def test_another_policy_is_compared_without_changing_anything(world: World, tmp_path: Path) -> None:
    world.add_contacts(person(1))
    world.load(person(1), as_base=True)
    world.load(person(1, first_name="Grace"))
    before = world.plan()
    text = (PROJECT / "seeds" / "field_policies.csv").read_text(encoding="utf-8")
    other = tmp_path / "other.csv"
    other.write_text(text.replace("first_name,1,fill_blank", "first_name,1,follow_kajabi"), encoding="utf-8")
    (change,) = compare_policy(world.target, other, state=world.folder)
    assert (change["field"], change["action"], change["other_action"]) == ("first_name", "keep", "update")
    with world.connect() as connection:
        assert current_plan(connection) == before
    assert world.one("select to_regnamespace('kajabi_guard_comparison') as there")["there"] is None
    other.write_text(text.replace("city,6,fill_blank", "city,6,never"), encoding="utf-8")
    with pytest.raises(Usage, match="address is one unit"):
        compare_policy(world.target, other, state=world.folder)


def test_merges_of_the_organisations_own_backup_table_are_taken_over(world: World) -> None:
    ids = world.add_contacts(person(1), person(2))
    world.run("create table public.contacts_merge_backup (id uuid, email text, kajabi_id text, merged_into uuid)")
    world.run(
        "insert into public.contacts_merge_backup (email, kajabi_id, merged_into) "
        "values ('Old.Ada@example.org', '99', %(survivor)s), ('person1@example.org', null, %(survivor)s), "
        "('gone@example.org', null, gen_random_uuid())",
        survivor=ids[0],
    )
    with world.connect() as connection:
        outcomes = [row["outcome"] for row in duplicates.backfill(connection)]
        assert outcomes == ["no_survivor", "recorded", "same_email"]
        outcomes = [row["outcome"] for row in duplicates.backfill(connection)]
        assert outcomes == ["no_survivor", "known", "same_email"]
    world.load(person(1), person(3, email="old.ada@example.org", kajabi_id="99"))
    world.plan()
    statuses = {row["email"]: row for row in world.rows("select * from kajabi_guard.contact_matches")}
    assert statuses["old.ada@example.org"]["hold_reason"] == "other_row_decides"
    assert str(statuses["old.ada@example.org"]["contact_id"]) == ids[0]


def test_a_circle_of_merges_is_refused(world: World) -> None:
    """Three people here: each may lead to the next, but the last not back to the first."""
    world.add_contacts(person(1), person(2), person(3))
    one, two, three = (f"person{n}@example.org" for n in (1, 2, 3))
    with world.connect() as connection:
        assert duplicates.record(connection, one, two) == "recorded"
        assert duplicates.record(connection, two, three) == "recorded"
        assert duplicates.record(connection, three, one.upper()) == "circle"
        assert duplicates.record(connection, two, one) == "other_survivor"
    kept = world.rows("select old_email, survivor_email from kajabi_ledger.known_duplicates order by 1")
    assert [(row["old_email"], row["survivor_email"]) for row in kept] == [(one, two), (two, three)]


def test_who_was_merged_by_email_is_still_known_after_the_email_changes_in_kajabi(world: World) -> None:
    """The second row of a merged person names its id when it is seen: without it, a new email would be a stranger."""
    world.add_contacts(person(1))
    old = person(9, email="old.ada@example.org")
    with world.connect() as connection:
        assert duplicates.record(connection, "old.ada@example.org", "person1@example.org") == "recorded"
    world.load(person(1), old)
    world.apply(world.plan()["fingerprint"])
    assert world.one("select old_kajabi_id from kajabi_ledger.known_duplicates")["old_kajabi_id"] == old["kajabi_id"]
    world.load(person(1), {**old, "email": "new.ada@example.org"})
    world.plan()
    rows = {row["email"]: row for row in world.rows("select * from kajabi_guard.contact_matches")}
    assert rows["new.ada@example.org"]["hold_reason"] == "other_row_decides"
    world.apply()
    assert list(world.contacts()) == ["person1@example.org"]
