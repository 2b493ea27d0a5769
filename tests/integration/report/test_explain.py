"""`explain`: every field of one person, with all evidence, every word and every write; nobody is changed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from console import Console, console_in, digest
from contacts_shape import MANAGED, PLANNED
from explained import WHY, live_three_weeks
from loader.common.errors import StalePlan, Usage
from loader.report.explain.read import read_explanation
from loader.report.explain.screen import explanation_text
from loader.stewardship import merged_contacts
from test_commands import database
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Story:
    """The three weeks, shared and read only; tests that change something take a ``copy``."""

    world: World
    ids: dict[str, str]


@pytest.fixture(scope="module")
def story(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with database(server) as target:
        world = World(target, tmp_path_factory.mktemp("explained"))
        ids = live_three_weeks(world)
        before = digest(world)
        yield Story(world, ids)
        assert digest(world) == before, "explain has written something"


@pytest.fixture
def copy(server: dict[str, str], story: Story, tmp_path: Path) -> Iterator[World]:
    with database(server, template=story.world.target.settings["PGDATABASE"]) as target:
        yield World(target, tmp_path)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("explain console")) as console:
        yield console


def document_of(world: World, asked: str) -> dict[str, Any]:
    with world.connect() as connection:
        return read_explanation(connection, world.target, asked)


def text_of(world: World, asked: str) -> str:
    return " ".join(explanation_text(document_of(world, asked)).split())


def fields_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (contact,) = document["contacts"]
    return {field["field"]: field for field in contact["fields"]}


# --- one contact, field by field ---


def test_every_field_is_there_with_three_values_its_rule_and_what_the_old_import_would_have_done(story: Story) -> None:
    document = document_of(story.world, "ada@example.org")
    fields = fields_of(document)
    assert list(fields) == [*PLANNED]
    phone, city, last = fields["phone"], fields["city"], fields["last_name"]
    values = (phone["present_value"], phone["incoming_value"], phone["base_value"])
    assert values == ("(720) 555-0101", "(720) 555-0191", "(720) 555-0101")
    assert (phone["state"], phone["rule"], phone["action"]) == ("differs", "kajabi_changed", "keep")
    assert phone["meaning"].startswith("Ours is still exactly the baseline value")
    assert phone["why"].startswith("It is a genuine change in Kajabi")
    assert (phone["would_old_import_change"], phone["old_import_value"]) == (True, "(720) 555-0191")
    assert (city["rule"], city["action"], city["final_value"]) == ("fill_blank", "fill", "Nederland")
    assert (last["state"], last["action"], last["would_old_import_change"]) == ("same", "none", False)
    assert (fields["state"]["state"], fields["kajabi_id"]["state"]) == ("no_value", "same")


def test_a_conflict_says_since_when_it_waits_with_the_baseline_that_it_was_opened_with(story: Story) -> None:
    fields = fields_of(document_of(story.world, "ada@example.org"))
    assert fields["phone"]["needs_review"]
    assert fields["phone"]["waits_since_run"] == 2
    assert fields["phone"]["waits_since"] is not None
    assert fields["phone"]["base_value"] == "(720) 555-0101", "the baseline has moved on, the conflict keeps its own"
    assert fields["first_name"]["needs_review"]
    assert fields["first_name"]["waits_since"] is None, "new in this plan"
    assert not fields["city"]["needs_review"]
    text = text_of(story.world, "ada@example.org")
    assert "opened by run 2; one of these decides it" in text
    assert "needs review since this plan" in text


def test_the_history_of_a_field_comes_from_the_ledger(story: Story) -> None:
    (written,) = fields_of(document_of(story.world, "ada@example.org"))["phone"]["history"]
    assert {key: written[key] for key in ("run_id", "old_value", "new_value", "rule", "run_status")} == {
        "run_id": 1,
        "old_value": None,
        "new_value": "(720) 555-0101",
        "rule": "fill_blank",
        "run_status": "applied",
    }
    assert "(blank) -> (720) 555-0101 (our blank filled from Kajabi)" in text_of(story.world, "ada@example.org")


def test_every_piece_of_evidence_is_shown_with_the_owner_and_why_it_is_the_one(story: Story) -> None:
    fields = fields_of(document_of(story.world, "ben@example.org"))
    assert [(row["evidence"], row["source_label"], row["is_shown"]) for row in fields["phone"]["evidence"]] == [
        ("paypal_value", "paypal", True),
        ("phone_source", "zoho", False),
        ("source_system", "kajabi", False),
    ]
    assert fields["state"]["state"] == "kajabi_has_nothing"
    assert [row["source_label"] for row in fields["state"]["evidence"]] == ["unknown_legacy", "kajabi"]
    text = text_of(story.world, "ben@example.org")
    assert "PayPal, by a value that PayPal gave: protects (shown as owner: first in the order of sources)" in text
    assert "Zoho, by phone_source: protects" in text
    assert "unknown (legacy), by billing_address_source: unproven" in text


def test_the_evidence_shown_is_the_evidence_that_was_weighed(story: Story) -> None:
    """Explained a second way here; where the two disagree, a person would be told a wrong reason."""
    world = story.world
    people = world.rows(
        "select distinct contact_id, email from kajabi_guard.field_provenance join public.contacts on contact_id = id"
    )
    assert len(people) >= 6
    evidence = world.rows("select distinct evidence from kajabi_guard.field_provenance")
    assert len(evidence) >= 6, "every kind of evidence occurs"
    for person in people:
        fields = fields_of(document_of(world, person["email"]))
        weighed = world.rows(
            "select field, evidence, source_label from kajabi_guard.field_provenance where contact_id = %(id)s",
            id=person["contact_id"],
        )
        owners = world.rows(
            "select field, evidence, owner from kajabi_guard.field_owners where contact_id = %(id)s",
            id=person["contact_id"],
        )
        shown = {(name, row["evidence"], row["source_label"]) for name in fields for row in fields[name]["evidence"]}
        differing = {row["field"] for row in weighed}
        assert {row for row in shown if row[0] in differing} == {tuple(row.values()) for row in weighed}
        for owner in owners:
            (first,) = [row for row in fields[owner["field"]]["evidence"] if row["is_shown"]]
            assert (first["evidence"], first["source_label"]) == (owner["evidence"], owner["owner"])


def test_a_field_without_a_difference_says_why_there_is_none(story: Story) -> None:
    fields = fields_of(document_of(story.world, "cleo@example.org"))
    states = {name: fields[name]["state"] for name in ("city", "phone", "country", "state")}
    assert states == {"city": "same", "phone": "kajabi_has_nothing", "country": "no_value", "state": "no_value"}
    text = text_of(story.world, "cleo@example.org")
    for said in ("city: the same here and in Kajabi", "phone: Kajabi has nothing, ours stays"):
        assert said in text
    assert "state: no value on either side Kajabi's now N/A (a placeholder: no value)" in text
    assert "the old import would have written N/A" in text


def test_what_a_person_said_is_shown_with_who_when_and_why(story: Story) -> None:
    fields = fields_of(document_of(story.world, "lea@example.org"))
    (decided,) = fields["phone"]["words"]
    assert (decided["word"], decided["verdict"], decided["because"], decided["holds"]) == ("decided", "ours", WHY, True)
    assert decided["said_by"]
    assert fields["phone"]["rule"] == "decided_ours"
    for name in ("city", "country"):
        (protected,) = fields[name]["words"]
        assert (protected["word"], protected["because"], protected["holds"]) == (
            "protected",
            "no letters, please",
            True,
        )
    assert fields["last_name"]["words"] == []
    assert f'because "{WHY}"' in text_of(story.world, "lea@example.org")


def test_an_id_of_kajabis_that_is_not_ours_says_why_it_stays_and_how_to_close_it(story: Story) -> None:
    fields = fields_of(document_of(story.world, "ned@example.org"))
    assert fields["kajabi_id"]["commands"] == ['./kajabi-guard decide ned@example.org kajabi_id ours --because "..."']
    assert "an id of ours is never replaced" in text_of(story.world, "ned@example.org")


# --- whoever is asked for ---


@pytest.mark.parametrize(
    ("asked", "email", "found_as", "status"),
    [
        ("  ADA@Example.org ", "ada@example.org", "primary_email", "matched"),
        ("2000000001", "ada@example.org", "kajabi_id", "matched"),
        ("eva.PAYS@example.org", "eva@example.org", "export_row", "matched"),
        ("dan.pays@EXAMPLE.org", "dan@example.org", "other_email", "only_in_database"),
        ("gus.old@example.org", "gus@example.org", "merged_email", "matched"),
        ("gus.older@example.org", "gus@example.org", "merged_email", "matched"),
        ("dan@example.org", "dan@example.org", "primary_email", "only_in_database"),
        ("fay@example.org", "fay@example.org", "primary_email", "deleted"),
        ("jon@example.org", "jon@example.org", "primary_email", "only_in_database"),
    ],
)
def test_a_person_is_found_by_whatever_is_known_of_them(
    story: Story, asked: str, email: str, found_as: str, status: str
) -> None:
    document = document_of(story.world, asked)
    (contact,) = document["contacts"]
    assert (contact["email"], contact["status"]) == (email, status)
    assert found_as in {row["found_as"] for row in document["found"] if row["is_meant"]}
    assert (
        document["plan"]["fingerprint"]
        == story.world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"]
    )
    assert document["plan"]["fingerprint"][:8] in text_of(story.world, asked)


def test_who_was_merged_away_is_led_to_the_survivor_with_the_chain(story: Story) -> None:
    document = document_of(story.world, "gus.older@example.org")
    assert [(row["old_email"], row["survivor_email"], row["because"]) for row in document["merges"]] == [
        ("gus.older@example.org", "gus.old@example.org", "one person"),
        ("gus.old@example.org", "gus@example.org", "married"),
    ]
    (row,) = [row for row in document["rows"] if row["status"] == "held"]
    assert (row["hold_reason"], row["email"]) == ("other_row_decides", "gus.older@example.org")
    assert f"Row {row['deciding_row']} decides" in text_of(story.world, "gus.older@example.org")


def test_who_was_merged_away_since_the_plan_is_led_to_the_survivor_already(copy: World) -> None:
    """Who records a merge and looks at once must not read that it ends at nobody who lives here."""
    with copy.connect() as connection:
        assert (
            merged_contacts.record(connection, "zoe@example.org", "ada@example.org", because="one person") == "recorded"
        )
    document = document_of(copy, "Zoe@example.org")
    assert [contact["email"] for contact in document["contacts"]] == ["ada@example.org"]
    assert [(row["survivor_email"], row["is_since"]) for row in document["merges"]] == [("ada@example.org", True)]
    text = text_of(copy, "zoe@example.org")
    assert "the list of merged contacts, which the next plan knows" in text
    assert 'because "one person"; counts from the next plan on.' in text
    assert "ends at nobody" not in text


def test_a_row_for_two_people_names_both_and_the_commands_that_settle_it(story: Story) -> None:
    document = document_of(story.world, "jon@example.org")
    (row,) = document["rows"]
    assert (row["status"], row["hold_reason"]) == ("held", "id_and_email_disagree")
    assert {(each["email"], each["key_name"]) for each in row["candidates"]} == {
        ("ivy@example.org", "kajabi_id"),
        ("jon@example.org", "primary_email"),
    }
    assert row["commands"] == [
        './kajabi-guard decide jon@example.org same-as ivy@example.org --because "..."',
        './kajabi-guard decide jon@example.org same-as jon@example.org --because "..."',
        './kajabi-guard decide jon@example.org ignore --because "..."',
    ]
    text = text_of(story.world, "2000000008")
    assert "may mean this contact" in text
    assert "Writing to either of the two could mix two people." in text


def test_every_command_that_is_printed_can_be_typed_as_it_stands(console: Console, copy: World) -> None:
    """A held row is settled, a cell and an id are decided: nothing of it may need another word."""
    typed = 0
    for asked in ("kim.too@example.org", "2000000099", "ada@example.org", "ned@example.org", "lea@example.org"):
        document = document_of(copy, asked)
        commands = [line for row in document["rows"] for line in row["commands"]]
        commands += (
            [line for field in fields_of(document).values() for line in field["commands"]]
            if document["contacts"]
            else []
        )
        assert commands, asked
        printed = explanation_text(document)
        for line in commands:
            assert f"   {line}\n" in printed, "a command is one line, to be pasted"
            words = shlex.split(line)[1:]
            if "OTHER_EMAIL" in words or words[0] == "duplicate":
                continue
            outcome = console.run(*words)
            assert (outcome.code, outcome.err) == (0, ""), (line, outcome)
            typed += 1
    assert typed >= 8
    said = text_of(copy, "kim.too@example.org")
    assert "counts from the next plan on" in said
    words = fields_of(document_of(copy, "ada@example.org"))["phone"]["words"]
    assert [word["is_since"] for word in words] == [True, True]
    assert [word["holds"] for word in words] == [False, False]


def test_somebody_new_is_shown_with_what_would_be_inserted(story: Story) -> None:
    for asked in ("zoe@example.org", "2000000090"):
        document = document_of(story.world, asked)
        assert document["contacts"] == []
        (row,) = document["rows"]
        assert row["status"] == "new"
        assert row["kajabi_values"]["address_line_2"] == "Boulder"
        assert row["inserted_values"]["address_line_2"] is None, "line 2 repeats the city: it is not inserted"
        assert row["inserted_values"]["phone"] == "(720) 555-0190"
    assert "the plan inserts a new contact" in text_of(story.world, "zoe@example.org")


def test_who_is_not_in_the_export_keeps_their_history(story: Story) -> None:
    fields = fields_of(document_of(story.world, "dan@example.org"))
    assert {field["state"] for field in fields.values()} == {"no_row"}
    assert [row["run_id"] for row in fields["phone"]["history"]] == [1]
    assert "No row of this export leads here" in text_of(story.world, "dan@example.org")


def test_who_is_deleted_is_said_to_be_so_with_the_row_that_waits(story: Story) -> None:
    text = text_of(story.world, "FAY@example.org")
    assert "Deleted here (2026-01-02 03:04" in text
    assert "the contact was deleted here" in text
    assert "./kajabi-guard duplicate fay@example.org SURVIVOR_EMAIL" in text


# --- what moved, and what is not there ---


def test_what_moved_since_the_plan_is_named_and_an_applied_plan_says_that_it_is_done(copy: World) -> None:
    copy.run("update public.contacts set city = 'Elsewhere' where email = 'ada@example.org'")
    copy.add_contacts({"email": "late@example.org"})
    copy.run("delete from public.contacts where email = 'dan@example.org'")
    assert "Changed here since the plan was made: city." in text_of(copy, "ada@example.org")
    assert "This contact came after the plan was made." in text_of(copy, "late@example.org")
    gone = document_of(copy, "dan@example.org")
    assert gone["contacts"][0]["status"] == "gone"
    assert "The ledger still knows what was written. " in text_of(copy, "dan@example.org")
    assert [row["run_id"] for row in fields_of(gone)["phone"]["history"]] == [1]
    copy.run("update public.contacts set city = null where email = 'ada@example.org'")
    run = copy.apply()
    assert f"It was applied as run {run.run_id}" in text_of(copy, "ada@example.org")
    (zoe,) = document_of(copy, "zoe@example.org")["contacts"]
    assert {row["rule"] for row in zoe["history"]} == {"new_contact"}
    assert "inserted as a new contact" in text_of(copy, "zoe@example.org")
    # a contact that neither the picture nor the database has any more: the ledger alone remembers
    copy.run("delete from public.contacts where email = 'zoe@example.org'")
    copy.run("delete from kajabi_guard.stg_kajabi__rows where email_key = 'zoe@example.org'")
    assert "(blank) -> (720) 555-0190" in text_of(copy, "zoe@example.org")


def test_nobody_is_refused_with_what_was_searched_and_without_the_email(console: Console, copy: World) -> None:
    outcome = console.run("explain", "nobody.quill@example.org")
    assert outcome.code == 2
    assert "the list of merged contacts" in outcome.refusal
    assert "nobody.quill" not in outcome.err
    with pytest.raises(Usage):
        document_of(copy, "\u200b")


def test_without_a_plan_of_the_newest_load_there_is_nothing_to_explain(copy: World) -> None:
    copy.load({"email": "ada@example.org", "phone": "(720) 555-0123"})
    with pytest.raises(StalePlan, match="loaded since"):
        document_of(copy, "ada@example.org")
    copy.run("drop schema kajabi_guard cascade")
    with pytest.raises(StalePlan, match="no plan"):
        document_of(copy, "ada@example.org")


def test_half_a_plan_explains_nobody(copy: World) -> None:
    copy.run("drop table kajabi_guard.field_decisions cascade")
    with pytest.raises(StalePlan, match="gone"):
        document_of(copy, "ada@example.org")


def test_the_command_shows_the_document_as_json_and_as_text(console: Console, story: Story) -> None:
    expected = document_of(story.world, "ben@example.org")
    with_environment = console.run("explain", "Ben@Example.org", "--json").document
    assert [field["rule"] for field in with_environment["contacts"][0]["fields"]] == [
        field["rule"] for field in expected["contacts"][0]["fields"]
    ]
    shown = console.run("explain", "Ben@Example.org")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.strip() == explanation_text(expected).strip()


# --- a part plan, and an email that nobody has ---


def test_a_plan_for_nobody_is_refused_and_the_plan_before_stays(console: Console, copy: World) -> None:
    before = copy.one("select fingerprint from kajabi_guard.plan_summary")
    verdict = copy.verdict()
    for unknown in (["nobody.quill@example.org"], ["ada@example.org", "nobody.quill@example.org"], ["\u200b"]):
        outcome = console.run("plan", *(word for email in unknown for word in ("--only", email)))
        assert outcome.code == 2
        assert f"email {len(unknown)} of the {len(unknown)}" in outcome.refusal
        assert "nobody.quill" not in outcome.err
    assert copy.one("select fingerprint from kajabi_guard.plan_summary") == before
    assert copy.rows("select * from kajabi_ledger.plan_scope") == []
    assert copy.verdict() == verdict
    known = console.run("plan", "--only", "ZOE@example.org", "--json")
    assert known.document["is_partial"]
    ada = document_of(copy, "ada@example.org")
    assert fields_of(ada)["city"]["is_outside_plan"]
    assert "city: not in this plan" in text_of(copy, "ada@example.org")
    assert "A part plan" in text_of(copy, "zoe@example.org")


def test_a_site_with_the_required_columns_only_is_explained_as_well(world: World) -> None:
    kept = {"id", "email", "source_system", *MANAGED}
    for row in world.rows("select column_name as name from information_schema.columns where table_name = 'contacts'"):
        if row["name"] not in kept:
            world.run(f"alter table public.contacts drop column {row['name']} cascade")
    world.add_contacts({"email": "ada@example.org", "first_name": "Ada"})
    world.load(
        {"email": "ada@example.org", "first_name": "Adele", "phone": "(720) 555-0101", "kajabi_id": "7000000001"}
    )
    world.plan()
    fields = fields_of(document_of(world, "ada@example.org"))
    assert (fields["phone"]["rule"], fields["kajabi_id"]["state"]) == ("fill_blank", "no_column")
    assert "Kajabi id: your table contacts has no such column" in text_of(world, "ada@example.org")
