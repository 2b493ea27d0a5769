"""A person's word: on one cell, an address, a held row, a contact. Valid for exactly what they saw."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from loader.common.errors import StalePlan, Usage
from loader.common.paths import PROJECT
from loader.merge.apply import INPUTS
from loader.merge.compare_policy import compare_policy
from loader.merge.current_plan import current_plan
from loader.report.document import read_report
from loader.report.explain.read import read_explanation
from loader.report.explain.screen import explanation_text
from loader.report.files import write_files
from loader.stewardship import merged_contacts, overrides
from test_three_way import ADDRESS, MOVED, person

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

WHY = "we asked them"


def say(world: World, email: str, field: str, last: str | None = None) -> str:
    with world.connect() as connection:
        return overrides.decide(connection, email, field, last, WHY)


def rule_of(world: World, email: str, field: str) -> tuple[str, bool]:
    row = world.decisions()[email, field]
    return row["rule"], row["needs_review"]


def test_a_decided_cell_is_silent_or_written_until_kajabis_value_moves(world: World) -> None:
    one, two = "person1@example.org", "person2@example.org"
    world.add_contacts(person(1, phone_source="paypal", phone="(303) 555-0101"), person(2, phone="(303) 555-0102"))
    world.load(person(1), person(2), as_baseline=True)
    world.load(person(1, phone="(720) 555-0111"), person(2, phone="(720) 555-0112"))
    world.plan()
    assert rule_of(world, one, "phone") == ("field_owned_elsewhere", True)
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
    assert say(world, "person1@example.org", "Last name", "ours") == "no_difference"
    assert say(world, "person1@example.org", "postal-code", "ours") == "part_of_address"
    assert say(world, "person1@example.org", "phone", "maybe") == "unknown_verdict"
    assert say(world, "person1@example.org", "new") == "not_held"


def test_a_list_names_its_fields_as_the_screen_does_and_may_end_in_blank_rows(world: World) -> None:
    email = "person1@example.org"
    world.add_contacts(person(1, last_name="Brook"))
    world.load(person(1, last_name="Linden", phone="(720) 555-0111"))
    world.plan()
    decided, protected = world.folder / "decided.csv", world.folder / "protected.csv"
    decided.write_text(f"email,field,verdict\n{email},Last name,kajabi\n{email},last_name,ours\n\n,,\n")
    protected.write_text(f"email,field,remark\n{email},Address Line 1,x\n{email},Email-Subscribed,\n{email},shoe,\n\n")
    with world.connect() as connection:
        contradictory = overrides.decide_file(connection, decided, WHY)
        assert [row["outcome"] for row in contradictory] == ["contradicts"] * 2, "one field, whatever it is called"
        decided.write_text(f"email,field,verdict\n{email},LAST-NAME,kajabi\n")
        assert [row["outcome"] for row in overrides.decide_file(connection, decided, WHY)] == ["recorded"]
        for is_protected, shoe in ((True, "unknown_field"), (False, "unknown_field")):
            accounts = overrides.protect_file(connection, protected, WHY, is_protected=is_protected)
            assert [row["outcome"] for row in accounts] == ["recorded", "recorded", shoe]
    world.plan()
    assert rule_of(world, email, "last_name")[0] == "decided_kajabi"
    kept = {row["field"] for row in world.rows("select field from kajabi_ledger.protections")}
    assert kept == {"address_line_1", "email_subscribed"}


def test_a_protected_field_or_contact_is_never_filled_and_unprotect_takes_it_back(world: World) -> None:
    emails = ["person1@example.org", "person2@example.org"]
    world.add_contacts(person(1), person(2))
    rows = [person(n, phone="(720) 555-0111", **ADDRESS) for n in (1, 2)]
    world.load(*rows)
    with world.connect() as connection:
        assert overrides.protect(connection, emails[0], "address", WHY) == "recorded"
        assert overrides.protect(connection, emails[1], None, WHY) == "recorded"
        assert overrides.protect(connection, emails[1], "shoe_size", WHY) == "unknown_field"
        assert overrides.protect(connection, "nobody@example.org", None, WHY) == "no_contact"
    world.plan()
    assert rule_of(world, emails[0], "city")[0] == "field_owned_elsewhere"
    assert rule_of(world, emails[0], "phone")[0] == "fill_blank"
    assert rule_of(world, emails[1], "phone")[0] == "field_owned_elsewhere"
    with world.connect() as connection:
        assert overrides.protect(connection, emails[1], "phone", WHY, is_protected=False) == "recorded"
        assert overrides.protect(connection, emails[1], "phone", WHY, is_protected=False) == "not_protected"
    world.plan()
    assert rule_of(world, emails[1], "phone")[0] == "fill_blank"
    assert rule_of(world, emails[1], "city")[0] == "field_owned_elsewhere"
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
    held = {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.quarantined_rows")}
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
    held = {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.quarantined_rows")}
    assert held["ada5@example.org"] == "possible_duplicate", "the row changed: it is asked again"


def test_the_list_to_decide_goes_back_filled_in_and_equal_changes_are_one_line(world: World) -> None:
    people = [person(n, **ADDRESS, phone="(303) 555-0101") for n in range(1, 6)]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    now: list[dict[str, Any]] = [{**row, "state": "Colorado"} for row in people]
    now[3]["city"] = "Lyons"
    now[4]["phone"] = "+1 720 555 0155"
    world.load(*now)
    world.plan()
    with world.connect() as connection:
        folder = write_files(connection, read_report(connection, world.target), "", world.folder / "reports")
        path = folder / "to_decide.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
        assert [(line["differs_in"], line["people"]) for line in lines] == [
            ("state", "4"),
            ("address", "1"),
            ("phone", "1"),
        ]
        lines[0] |= {"verdict": "kajabi", "because": WHY}
        lines[2] |= {"verdict": "ours"}
        fill_in(path, lines)
        accounts = overrides.decide_file(connection, path, because="")
    assert [row["outcome"] for row in accounts] == ["recorded", "skipped", "no_reason"]
    world.plan()
    waiting = {key for key, row in world.decisions().items() if row["needs_review"]}
    assert waiting == {
        ("person4@example.org", "city"),
        ("person4@example.org", "state"),
        ("person5@example.org", "phone"),
    }
    world.apply()
    assert world.contacts()["person1@example.org"]["state"] == "Colorado"


def list_to_decide(world: World) -> tuple[Path, list[dict[str, str]]]:
    """The file that the report of the plan that stands writes, and its lines."""
    with world.connect() as connection:
        folder = write_files(connection, read_report(connection, world.target), "", world.folder / "reports")
    path = folder / "to_decide.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return path, list(csv.DictReader(file))


def hand_back(world: World, path: Path, lines: list[dict[str, str]]) -> list[str]:
    """Fill the list in and hand it back; returns what became of each line."""
    fill_in(path, lines)
    with world.connect() as connection:
        return [row["outcome"] for row in overrides.decide_file(connection, path, because=WHY)]


def an_address_waits(world: World) -> dict[str, Any]:
    """Ours and the baseline differ in line 1; Kajabi changes the city, and has never had the line 2 that ours has."""
    baseline = person(1, **{**ADDRESS, "address_line_2": ""})
    world.add_contacts({**baseline, "address_line_1": "9 Our Own Road", "address_line_2": "Flat 4"})
    world.load(baseline, as_baseline=True)
    world.load({**baseline, "city": "Lyons", "country": ""})
    world.plan()
    return baseline


def test_an_address_is_one_line_that_shows_all_of_both_and_what_would_be_emptied(world: World) -> None:
    """Only the city waits. Whoever says yes to it would lose the road and the flat, unseen, were it listed alone."""
    baseline = an_address_waits(world)
    path, (line,) = list_to_decide(world)
    rest = f"{baseline['state']} | {baseline['postal_code']}"
    assert (line["email"], line["field"], line["differs_in"]) == (baseline["email"], "address", "address")
    assert line["ours"] == f"9 Our Own Road | Flat 4 | {baseline['city']} | {rest} | {baseline['country']}"
    assert line["kajabi"] == f"{baseline['address_line_1']} | - | Lyons | {rest} | -"
    assert line["what_to_do"] == (
        "ours: ours stays. kajabi: Kajabi's is taken as a whole; your address line 2 is emptied; yours stays where "
        "Kajabi has none: country."
    )
    assert hand_back(world, path, [line | {"verdict": "kajabi"}]) == ["recorded"]
    world.plan()
    assert list_to_decide(world)[1] == []
    world.apply()
    after = world.contacts()[baseline["email"]]
    parts = ("address_line_1", "address_line_2", "city", "country")
    assert [after[part] for part in parts] == [baseline["address_line_1"], None, "Lyons", baseline["country"]]


def test_explain_shows_the_whole_address_before_anybody_decides_it(world: World) -> None:
    baseline = an_address_waits(world)
    with world.connect() as connection:
        document = read_explanation(connection, world.target, baseline["email"])
    text = " ".join(explanation_text(document).split())
    assert "9 Our Own Road | Flat 4 | " in text
    assert f"{baseline['address_line_1']} | - | Lyons | " in text
    assert "would empty address line 2 would leave country (Kajabi has none)" in text


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("decide", "phone", "ours"), "an override"),
        (("decide", "new", None), "a match override"),
        (("protect", "phone", None), "a protection"),
    ],
)
def test_a_word_that_the_plan_does_not_know_is_named_when_it_is_refused(
    world: World, words: tuple[str, str, str | None], named: str
) -> None:
    """Somebody decided in another window: "something has changed" would send them looking for a broken file."""
    phone = "(303) 555-0101"
    world.add_contacts(person(1, phone=phone, last_name="Brook"))
    world.load(person(1, phone=phone, last_name="Brook"), as_baseline=True)
    twin = person(2, phone=phone, last_name="Brook")
    world.load(person(1, phone="(720) 555-0111", last_name="Brook"), twin)
    fingerprint = world.plan()["fingerprint"]
    command, what, last = words
    with world.connect() as connection:
        if command == "protect":
            assert overrides.protect(connection, "person1@example.org", what, WHY) == "recorded"
        else:
            email = twin["email"] if last is None else "person1@example.org"
            assert overrides.decide(connection, email, what, last, WHY) == "recorded"
    with pytest.raises(StalePlan, match=f"since it was read: {named}.*Type `./kajabi-guard plan`"):
        world.apply(fingerprint)


def test_everything_that_a_plan_is_made_from_has_words(world: World) -> None:
    """An input without words could not be named: the refusal would be an error instead."""
    world.add_contacts(person(1))
    world.load(person(1))
    world.plan()
    assert set(world.one("select * from kajabi_guard.plan_inputs")) == set(INPUTS)


@pytest.mark.parametrize("moved", ["ours", "kajabi"])
@pytest.mark.parametrize("verdict", ["ours", "kajabi"])
def test_a_line_whose_values_have_moved_since_is_not_recorded(world: World, moved: str, verdict: str) -> None:
    """A list lay on a desk while somebody corrected the value here, or a newer export came: nobody saw that."""
    people = [person(n, **ADDRESS, phone="(303) 555-0101") for n in (1, 2)]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    now = [{**people[0], "phone": "(720) 555-0102"}, {**people[1], "city": "Lyons", "address_line_1": "1 New Street"}]
    world.load(*now)
    world.plan()
    path, lines = list_to_decide(world)
    assert {line["differs_in"] for line in lines} == {"phone", "address"}
    if moved == "ours":
        world.run("update public.contacts set phone = '(720) 555-0199', address_line_2 = 'Flat 9'")
    else:
        world.load({**now[0], "phone": "(720) 555-0103"}, {**now[1], "address_line_2": "Flat 9"})
    world.plan()
    assert hand_back(world, path, [line | {"verdict": verdict} for line in lines]) == ["moved_on", "moved_on"]


def test_a_part_of_an_address_that_was_listed_alone_is_not_a_word_on_more(world: World) -> None:
    """The city was all that differed when the list was made, for one person and for many; now line 1 does as well."""
    people = [person(n, **ADDRESS) for n in (1, 2, 3)]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    now = [{**row, "city": "Lyons" if row is people[0] else "Hygiene"} for row in people]
    world.load(*now)
    world.plan()
    path, lines = list_to_decide(world)
    assert [(line["people"], line["field"], line["differs_in"]) for line in lines] == [
        ("2", "city", "city"),
        ("1", "address", "city"),
    ]
    world.load({**now[0], "address_line_1": "1 New Street"}, {**now[1], "address_line_1": "1 New Street"}, now[2])
    world.plan()
    filled = [line | {"verdict": "kajabi"} for line in lines]
    assert hand_back(world, path, filled) == ["partly", "moved_on"]
    world.plan()
    taken = {email for (email, _), row in world.decisions().items() if row["rule"] == "decided_kajabi"}
    assert taken == {"person3@example.org"}


def test_lines_that_contradict_each_other_are_not_recorded(world: World) -> None:
    people = [person(n, phone="(303) 555-0101") for n in (1, 2, 3, 4)]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    world.load(*({**row, "phone": f"(720) 555-010{min(n, 3)}"} for n, row in enumerate(people, start=1)))
    world.plan()
    path, lines = list_to_decide(world)
    group, one, two = lines
    assert (group["people"], one["people"], two["people"]) == ("2", "1", "1")
    outcomes = hand_back(
        world, path,
        [
            one | {"verdict": "ours"},
            group | {"verdict": "ours"},
            two | {"verdict": "kajabi"},
            one | {"verdict": "Kajabi", "email": one["email"].upper()},
            group | {"verdict": "kajabi"},
            two | {"verdict": ""},
        ],
    )  # fmt: skip
    assert outcomes == ["contradicts", "contradicts", "recorded", "contradicts", "contradicts", "skipped"]
    assert world.one("select count(*) as n from kajabi_ledger.overrides")["n"] == 1


@pytest.mark.parametrize("count", [1, 2])
def test_what_kajabi_cleared_cannot_be_taken(world: World, count: int) -> None:
    """A blank is no value: `kajabi` would close the question, and nothing would happen to ours."""
    people = [person(n, **ADDRESS, phone="(303) 555-0101") for n in range(1, count + 1)]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    world.load(*({**row, "phone": "", "city": ""} for row in people))
    world.plan()
    path, lines = list_to_decide(world)
    assert [(line["differs_in"], line["possible_verdicts"]) for line in lines] == [("city", "ours"), ("phone", "ours")]
    assert hand_back(world, path, [line | {"verdict": "kajabi"} for line in lines]) == ["no_value", "no_value"]
    assert say(world, "person1@example.org", "address", "kajabi") == "no_value"
    with world.connect() as connection:
        (contact,) = read_explanation(connection, world.target, "person1@example.org")["contacts"]
    typed = {line for field in contact["fields"] for line in field["commands"]}
    assert {line.split()[4] for line in typed} == {"ours"}, "no command is shown that would be refused"
    assert hand_back(world, path, [line | {"verdict": "ours"} for line in lines]) == ["recorded", "recorded"]
    world.plan()
    assert list_to_decide(world)[1] == []


def fill_in(path: Path, lines: list[dict[str, str]]) -> None:
    """Save a list as a German spreadsheet would: semicolons and a byte order mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(lines)


def test_another_policy_is_compared_without_changing_anything(world: World, tmp_path: Path) -> None:
    world.add_contacts(person(1))
    world.load(person(1), as_baseline=True)
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
        outcomes = [row["outcome"] for row in merged_contacts.backfill(connection)]
        assert outcomes == ["no_survivor", "recorded", "same_email"]
        outcomes = [row["outcome"] for row in merged_contacts.backfill(connection)]
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
        assert merged_contacts.record(connection, one, two) == "recorded"
        assert merged_contacts.record(connection, two, three) == "recorded"
        assert merged_contacts.record(connection, three, one.upper()) == "circle"
        assert merged_contacts.record(connection, two, one) == "other_survivor"
    kept = world.rows("select old_email, survivor_email from kajabi_ledger.merged_contacts order by 1")
    assert [(row["old_email"], row["survivor_email"]) for row in kept] == [(one, two), (two, three)]


def test_who_was_merged_by_email_is_still_known_after_the_email_changes_in_kajabi(world: World) -> None:
    """The second row of a merged person names its id when it is seen: without it, a new email would be a stranger."""
    world.add_contacts(person(1))
    old = person(9, email="old.ada@example.org")
    with world.connect() as connection:
        assert merged_contacts.record(connection, "old.ada@example.org", "person1@example.org") == "recorded"
    world.load(person(1), old)
    world.apply(world.plan()["fingerprint"])
    assert world.one("select old_kajabi_id from kajabi_ledger.merged_contacts")["old_kajabi_id"] == old["kajabi_id"]
    world.load(person(1), {**old, "email": "new.ada@example.org"})
    world.plan()
    rows = {row["email"]: row for row in world.rows("select * from kajabi_guard.contact_matches")}
    assert rows["new.ada@example.org"]["hold_reason"] == "other_row_decides"
    world.apply()
    assert list(world.contacts()) == ["person1@example.org"]
