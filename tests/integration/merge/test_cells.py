"""The cells that everybody should be able to decide by heart: default policy, first import, one plan for all of them.

Those about what moved since the last accepted import have a baseline, and a plan of their own.
Each test says which rule decided and what stands in the contact after the apply; the oracle must say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from oracle import Expectation, expect
from oracle_rules import History
from test_oracle import database, disagreements_after, disagreements_of_plan
from world import World

ADDRESS: dict[str, str | None] = {
    "address_line_1": "12 Mapleton Avenue",
    "city": "Boulder",
    "state": "CO",
    "postal_code": "80302",
    "country": "United States",
}
PHONE = "(303) 555-0142"

# What we hold and what Kajabi says; emails and ids are added.
CELLS: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "legacy-city": ({**ADDRESS, "city": None, "billing_address_source": "unknown_legacy"}, ADDRESS),
    "paypal-phone": ({"phone_source": "kajabi", "paypal_phone": "(215) 555-0199"}, {"phone": PHONE}),
    "same-paypal-phone": ({"paypal_phone": PHONE}, {"phone": PHONE}),
    "line-2-city": ({**ADDRESS, "city": None}, {**ADDRESS, "address_line_2": "BOULDER"}),
    "cleaned-line-2": ({**ADDRESS, "billing_address_source": "paypal"}, {**ADDRESS, "address_line_2": "Apt 4"}),
    "zoho-contact": ({"source_system": "zoho"}, {"phone": PHONE}),
    "paypal-name": ({"first_name": "Bill", "paypal_first_name": "Will"}, {"first_name": "William"}),
    "paypal-first-name": (
        {"first_name": "Ana", "paypal_first_name": "Ana"},
        {"first_name": "Ana", "last_name": "Brook"},
    ),
    "empty-text": ({"last_name": ""}, {"last_name": "Brook"}),
    "own-address": ({**ADDRESS, "postal_code": None, "billing_address_source": "kajabi"}, ADDRESS),
    "other-street": ({**ADDRESS, "city": None, "address_line_1": "7 Elm Street"}, ADDRESS),
    "paypal-address": ({"billing_address_source": "paypal"}, ADDRESS),
    "our-nan": ({"first_name": "nan"}, {"first_name": "Ana"}),
    "somebody-elses-email": ({"first_name": "Ana"}, {"first_name": "Ana", "phone": PHONE}),
    "somebody-else": ({"paypal_email": "somebody-elses-email@example.org"}, {"city": "Lyons"}),
}


# What we hold, what Kajabi said at the last accepted import, and what it says now.
MOVED_CELLS: dict[str, tuple[dict[str, str | None], dict[str, str | None], dict[str, str | None]]] = {
    "new-name": ({"first_name": "Ana"}, {"first_name": "Ana"}, {"first_name": "Anna"}),
    "new-phone": ({"phone": PHONE}, {"phone": PHONE}, {"phone": "(215) 555-0199"}),
    "blanked-here": ({"last_name": None}, {"last_name": "Brook"}, {"last_name": "Brook"}),
}


@dataclass(frozen=True)
class Outcome:
    """What was decided and what stands after the apply, by the name of the cell."""

    expected: Expectation
    disagreements: list[tuple[str, str]]
    decisions: dict[tuple[str, str], dict[str, Any]]
    matches: dict[int, dict[str, Any]]
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]

    def assert_kept(self, name: str, field: str, rule: str, *, is_review: bool | None = None) -> None:
        """The rule decided, and the whole contact is as it was; ``is_review``: whether it waits for a person."""
        self._assert_rule(name, field, rule)
        assert is_review in {None, self.decisions[email_of(name), field]["needs_review"]}
        assert self.after[email_of(name)] == self.before[email_of(name)]

    def assert_filled(self, name: str, rule: str = "fill_blank", **values: str) -> None:
        """The rule decided each of these values, and nothing else of the contact moved."""
        for field in values:
            self._assert_rule(name, field, rule)
        old, new = self.before[email_of(name)], self.after[email_of(name)]
        assert {column: new[column] for column in new if new[column] != old[column]} == {
            **values,
            "updated_at": new["updated_at"],
        }

    def _assert_rule(self, name: str, field: str, rule: str) -> None:
        email = email_of(name)
        assert self.decisions[email, field]["rule"] == rule
        assert self.expected.decisions[self.before[email]["id"], field].rule == rule


def email_of(name: str) -> str:
    return f"{name}@example.org"


@pytest.fixture(scope="module")
def outcome(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    with database(server, "kajabi_guard_test_cells") as target:
        world = World(target, tmp_path_factory.mktemp("cells"))
        keys = {name: {"email": email_of(name), "kajabi_id": f"10000000{n:02}"} for n, name in enumerate(CELLS)}
        # this one is known by its email alone, which is somebody else's PayPal email as well
        keys["somebody-elses-email"].pop("kajabi_id")
        world.add_contacts(*({**ours, **keys[name]} for name, (ours, _) in CELLS.items()))
        rows = [{**theirs, **keys[name]} for name, (_, theirs) in CELLS.items()]
        rows.append({"email": "newcomer@example.org", "kajabi_id": "2000000000"})
        return outcome_of(world, rows, History())


@pytest.fixture(scope="module")
def moved(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """With a baseline; the phone alone follows Kajabi."""
    with database(server, "kajabi_guard_test_moved_cells") as target:
        world = World(target, tmp_path_factory.mktemp("moved cells"))
        world.policy = {"phone": "follow_kajabi"}
        keys = {name: {"email": email_of(name), "kajabi_id": f"10000000{n:02}"} for n, name in enumerate(MOVED_CELLS)}
        world.add_contacts(*({**ours, **keys[name]} for name, (ours, _, _) in MOVED_CELLS.items()))
        baseline = [{**then, **keys[name]} for name, (_, then, _) in MOVED_CELLS.items()]
        world.load(*baseline, as_baseline=True)
        rows = [{**now, **keys[name]} for name, (_, _, now) in MOVED_CELLS.items()]
        return outcome_of(world, rows, History(baseline_rows=baseline, policies=world.policy))


def outcome_of(world: World, rows: list[dict[str, str | None]], history: History) -> Outcome:
    world.load(*rows)
    world.plan()
    before, decisions = world.contacts(), world.decisions()
    matches = {row["row_number"]: row for row in world.rows("select * from kajabi_guard.contact_matches")}
    expected = expect(list(before.values()), rows, history)
    found = disagreements_of_plan(world, expected)
    world.apply()
    after = world.contacts()
    found += disagreements_after(before, after, expected)
    return Outcome(expected, found, decisions, matches, before, after)


def test_the_oracle_agrees_on_all_of_them(outcome: Outcome, moved: Outcome) -> None:
    assert outcome.disagreements + moved.disagreements == []


def test_a_blank_city_under_a_legacy_marker_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("legacy-city", "city", "legacy_owner")


def test_a_blank_phone_with_an_own_marker_and_a_paypal_phone_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("paypal-phone", "phone", "field_owned_elsewhere")


def test_a_blank_phone_is_kept_even_if_the_paypal_phone_is_kajabis(outcome: Outcome) -> None:
    outcome.assert_kept("same-paypal-phone", "phone", "field_owned_elsewhere")


def test_a_line_2_that_repeats_the_city_is_left_and_the_city_filled(outcome: Outcome) -> None:
    outcome.assert_filled("line-2-city", city="Boulder")
    assert outcome.decisions[email_of("line-2-city"), "address_line_2"]["rule"] == "malformed_line_2"


def test_a_line_2_cleaned_under_a_paypal_marker_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("cleaned-line-2", "address_line_2", "field_owned_elsewhere")


def test_a_blank_phone_of_a_zoho_contact_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("zoho-contact", "phone", "contact_owned_elsewhere")


def test_a_first_name_that_paypal_has_otherwise_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("paypal-name", "first_name", "field_owned_elsewhere")


def test_a_blank_last_name_is_filled_although_paypal_gave_the_first_name(outcome: Outcome) -> None:
    outcome.assert_filled("paypal-first-name", last_name="Brook")


def test_an_empty_text_of_ours_is_filled(outcome: Outcome) -> None:
    outcome.assert_filled("empty-text", last_name="Brook")


def test_a_blank_part_of_kajabis_own_address_is_filled_if_the_rest_agrees(outcome: Outcome) -> None:
    outcome.assert_filled("own-address", postal_code="80302")


def test_a_blank_part_of_an_address_that_disagrees_is_kept(outcome: Outcome) -> None:
    outcome.assert_kept("other-street", "city", "address_mismatch")


@pytest.mark.parametrize("part", ADDRESS)
def test_a_blank_address_under_a_paypal_marker_is_kept(outcome: Outcome, part: str) -> None:
    outcome.assert_kept("paypal-address", part, "field_owned_elsewhere")


def test_a_nan_of_ours_is_a_value_and_kept(outcome: Outcome) -> None:
    outcome.assert_kept("our-nan", "first_name", "no_baseline")


def test_a_value_that_is_new_in_kajabi_is_kept_for_review(moved: Outcome) -> None:
    moved.assert_kept("new-name", "first_name", "kajabi_changed", is_review=True)


def test_a_value_that_is_new_in_kajabi_is_taken_where_the_policy_follows(moved: Outcome) -> None:
    moved.assert_filled("new-phone", rule="kajabi_changed", phone="(215) 555-0199")


def test_a_value_blanked_here_that_kajabi_still_has_stays_blank(moved: Outcome) -> None:
    moved.assert_kept("blanked-here", "last_name", "blanked_here", is_review=False)


def test_a_primary_email_beats_somebody_elses_paypal_email(outcome: Outcome) -> None:
    email = email_of("somebody-elses-email")
    row_number = list(CELLS).index("somebody-elses-email") + 1
    match = outcome.matches[row_number]
    assert (match["status"], match["matched_by"]) == ("matched", "primary_email")
    assert match["contact_id"] == outcome.before[email]["id"]
    assert outcome.expected.matches[row_number] == ("matched", email, None)
    outcome.assert_filled("somebody-elses-email", phone=PHONE)
    outcome.assert_filled("somebody-else", city="Lyons")


def test_a_newcomer_is_held_while_nobody_has_said_who_was_merged_away(outcome: Outcome) -> None:
    match = outcome.matches[len(CELLS) + 1]
    assert (match["status"], match["hold_reason"]) == ("held", "duplicates_not_recorded")
    assert outcome.expected.matches[len(CELLS) + 1] == ("held", None, "duplicates_not_recorded")
    assert "newcomer@example.org" not in outcome.after
