"""What a cell must look like to be a value: what a spreadsheet, a program or an encoding has wrecked fills nothing.

One plan has a blank contact for each wrecked cell and for each sound one, and a newcomer for each as well. What was
expected was written by hand, not derived; the oracle says the same in its own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from loader.merge.apply import apply_plan
from loader.merge.current_plan import current_plan
from loader.merge.guards import Override
from oracle import expect
from oracle_rules import History
from test_oracle import database, disagreements_after, disagreements_of_plan
from world import World

WORDS = (
    *("#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "######", "undefined", "[object Object]"),
    *("TRUE", "FALSE", "--", "...", ".", "????", "Jos\u00c3\u00a9", "\u00e2\u20ac\u2122", "Mu\ufffdoz", "\u202e"),
    *("M\u00c3\u00bcnchen", "\u00c5\u0081\u00c3\u00b3d\u00c5\u00ba", "\u3002"),
)
WRECKED: dict[str, tuple[str, ...]] = {
    "phone": (
        *("1.30356E+10", '="3035550142"', "0000000000", "2024-05-06", "45413", "+1", "000", "3035550142.0"),
        *("5/6/2024", "06.05.24", "303-555", "1234567890123456", "ask me", "303 555 0142 or 0143", "#REF!", "N.N."),
        *("(303) 555", "555-0142 home", "0-0-0-0-0-0-0"),
    ),
    "postal_code": ("80302.0", "8.03E+04", "8E04", "2134", "#REF!", "--", "8030", "803022", "Boulder", "00000.5"),
    **dict.fromkeys(("first_name", "last_name", "city", "state", "country", "address_line_1"), WORDS),
    "address_line_2": ("#REF!", "...", "undefined"),
}
SOUND: dict[str, tuple[str, ...]] = {
    "phone": (
        *("(303) 555-0142", "303.555.0142", "+44 20 7946 0000", "303-555-0142 x12", "3035550142 ext. 7"),
        *("1-800-FLOWERS", "01.23.45.67.89", "555-0142", "(303)\u00a0555\u20110142", "0049 30 901820"),
    ),
    "postal_code": ("80302", "80302-1234", "80302 1234"),
    "first_name": (
        "Ng",
        "\u00d3",
        "\u674e",
        "O'Neil",
        "Jos\u00e9",
        "\u00c5sa",
        "True",
        "S\u00c3O",
        "Jean-Luc",
        "X \u00c6 A-12",
    ),
    "last_name": ("'t Hooft", "Undefined-Smith", "\u00c2ngelo", "N", "von der L\u00fche"),
    "city": ("S\u00e3o Paulo", "\u00c5rhus", "Y", "100 Mile House", "'s-Hertogenbosch"),
    "state": ("NA", "CO", "\u5317\u6d77\u9053"),
    "country": ("NA", "United States"),
    "address_line_1": ("12", "#4 Elm Street", "12 Elm\u2014rear"),
}
NO_EMAILS = (
    *("esc\x1b@example.org", "turned\u202e@example.org", "<script>@example.org", '"quoted"@example.org'),
    *("tick`s@example.org", "zero\u200bwidth@example.org", "no@dot", "two@@example.org", "a b@example.org"),
    *("soft\u00adhyphen@example.org", "a@example..", "@example.org", "tag\U000e0041@example.org"),
)
EMAILS = {  # as the file has them, and as they are inserted
    "sean.o'brien@example.org": "sean.o'brien@example.org",
    "mailto:New2@Example.net": "new2@example.net",
    "dotted@example.org.": "dotted@example.org",
    "a+b_c-d@mail.example.co.uk": "a+b_c-d@mail.example.co.uk",
    "j\u00f3zef@example.org": "j\u00f3zef@example.org",
}
FOREIGN = {
    "Canada": ("K1A 0B1", "k1a0b1"),
    "United Kingdom": ("SW1A 1AA",),
    "Germany": ("01067",),
    "": ("1010", "02134"),
}


@dataclass(frozen=True)
class Outcome:
    rules: dict[tuple[str, str], str]
    matches: dict[str, dict[str, Any]]
    inserted: dict[str, dict[str, Any]]
    disagreements: list[tuple[str, str]]


def cells() -> dict[str, tuple[str, str, bool, str]]:
    """Field, value, whether it is sound, and the country of its row, by a name for the contact."""
    found = [(field, value, False, "US") for field, values in WRECKED.items() for value in values]
    found += [(field, value, True, "US") for field, values in SOUND.items() for value in values]
    found += [("postal_code", value, True, country) for country, values in FOREIGN.items() for value in values]
    return {f"{field}-{number}".replace("_", "-"): cell for number, cell in enumerate(found) for field in cell[:1]}


CELLS = cells()


@pytest.fixture(scope="module")
def outcome(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    with database(server, "kajabi_guard_test_forms") as target:
        world = World(target, tmp_path_factory.mktemp("forms"))
        world.say_no_duplicates()
        held = {name: f"{name}@example.org" for name in CELLS}
        world.add_contacts(*({"email": email, "source_system": "kajabi"} for email in held.values()))
        rows = []
        for name, (field, value, _, country) in CELLS.items():
            rows += [{"country": country, "email": email, field: value} for email in (held[name], f"new.{held[name]}")]
        rows += [{"email": email, "last_name": "Brook"} for email in (*NO_EMAILS, *EMAILS)]
        world.load(*rows)
        world.plan()
        before, decisions = world.contacts(), world.decisions()
        expected = expect(list(before.values()), rows, History(), declared_none=True)
        found = disagreements_of_plan(world, expected)
        with world.connect() as connection:
            wanted = current_plan(connection)["fingerprint"]
            apply_plan(connection, target, wanted, override=Override(["guard_unusual_volume"], "every one is planned"))
        after = world.contacts()
        found += disagreements_after(before, after, expected)
        return Outcome(
            {key: row["rule"] for key, row in decisions.items()},
            {row["email"]: row for row in world.rows("select * from kajabi_guard.contact_matches")},
            {email: contact for email, contact in after.items() if email not in before},
            found,
        )


def test_the_oracle_agrees_on_all_of_them(outcome: Outcome) -> None:
    assert outcome.disagreements == []


def test_what_has_no_form_fills_no_blank_and_is_listed(outcome: Outcome) -> None:
    found = {
        (field, value): outcome.rules[f"{name}@example.org", field]
        for name, (field, value, is_sound, _) in CELLS.items()
        if not is_sound
    }
    assert {cell: rule for cell, rule in found.items() if rule != "invalid_in_kajabi"} == {}
    assert len(found) > 150, "the list has lost most of its cells"


def test_what_has_its_form_fills_a_blank(outcome: Outcome) -> None:
    found = {
        (field, value): outcome.rules[f"{name}@example.org", field]
        for name, (field, value, is_sound, _) in CELLS.items()
        if is_sound
    }
    assert {cell: rule for cell, rule in found.items() if rule != "fill_blank"} == {}


def test_a_newcomer_comes_in_without_what_has_no_form(outcome: Outcome) -> None:
    for name, (field, value, is_sound, _) in CELLS.items():
        inserted = outcome.inserted[f"new.{name}@example.org"]
        assert (inserted[field] is not None) == is_sound, (field, value)


def test_an_email_without_form_is_quarantined_and_nobody_is_inserted_with_it(outcome: Outcome) -> None:
    reasons = {email: outcome.matches[email]["hold_reason"] for email in NO_EMAILS}
    assert {email: reason for email, reason in reasons.items() if reason != "malformed_email"} == {}


def test_an_email_is_taken_out_of_what_stands_around_it(outcome: Outcome) -> None:
    assert [email for email in EMAILS.values() if email not in outcome.inserted] == []
