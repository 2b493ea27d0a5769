"""The second week: what Kajabi's export says a week after the first, and why each cell of it is there.

The comment beside each change names the rule that it should fall under when the first week is the baseline.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from ...common.fields import ADDRESS_FIELDS
from .people import CITY_IN, EXPORT_DAY, LAST_NAMES, People
from .shape import (
    CONTACTS,
    KAJABI_COLUMN,
    MOBILE,
    ROSA,
    has_name_evidence,
    is_kajabis_address,
    new_row,
    number_rows,
    set_name,
    sign_in,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shape import Contact, ExportRow, Organisation, Pair

    Fits = Callable[[Contact, ExportRow], bool]

PHONE, LINE_1, LINE_2, CITY, STATE, ZIP, COUNTRY = (KAJABI_COLUMN[f] for f in ("phone", *ADDRESS_FIELDS))
ARRIVALS = 20


def second_week(organisation: Organisation, seed: int = 2) -> list[ExportRow]:
    """Make the export of a week later from that of the first week, which is left as it is.

    At scale 1: 78 cells that the rules fill, 18 that only a naive rule would fill, 42 changed values and 12
    cleared ones, 9 in another format, Rosa's old address, 20 arrivals, 1 vanished contact, 1 changed email.
    """
    week = _Week(organisation, seed)
    _fill_blanks(week)
    _tempt(week)
    _change(week)
    _clear(week)
    _reformat(week)
    week.row_of[ROSA].update({LINE_1: "77 Elm Street", CITY: "southampton", STATE: "PA", ZIP: "18966"})
    for _, row in week.take(1, is_kajabis=False):
        row["Email"] = row["Email (email)"] = row["Email"].replace("@", ".new@")
    for _, row in week.take(1, is_kajabis=False):
        week.rows.remove(row)
    for row in week.rows:  # people sign in: that is no change
        if row["Member ID"] and week.people.chance(0.3):
            sign_in(week.people, row, EXPORT_DAY, EXPORT_DAY + timedelta(days=7))
    return _arrivals(week) + week.rows


class _Week:
    """The rows of the second week, and the contacts whose row may change: each at most once."""

    def __init__(self, organisation: Organisation, seed: int) -> None:
        phones = [text(c, column) for c in organisation.contacts for column in ("phone", "paypal_phone")]
        phones += [row[column] for row in organisation.export_rows for column in (PHONE, MOBILE)]
        number = len(organisation.contacts) + len(organisation.export_rows) + 1
        self.people = People(Random(seed), number, frozenset(phones))
        self.scale = len(organisation.contacts) / CONTACTS
        self.rows = [dict(row) for row in organisation.export_rows]
        self.row_of = {row["Email"].lower(): row for row in self.rows}
        special = {survivor.lower() for _, survivor in organisation.merged_away} | {ROSA}
        self._pairs: list[Pair] = []
        for contact in organisation.contacts:
            email = text(contact, "email").lower()
            row = self.row_of.get(email)
            if row is not None and contact["kajabi_id"] and email not in special and _agrees(contact, row):
                self._pairs.append((contact, row))
        self.people.rng.shuffle(self._pairs)

    def take(self, count: int, fits: Fits = lambda _c, _r: True, *, is_kajabis: bool = True) -> list[Pair]:
        """Take ``count`` pairs (at scale 1; at least one, if any fits) which nothing has happened to.

        They are contacts that came from Kajabi, unless any may be taken.
        """
        may = (pair for pair in self._pairs if not is_kajabis or pair[0]["source_system"] == "kajabi")
        fitting = (pair for pair in may if fits(*pair))
        taken = list(islice(fitting, max(1, round(count * self.scale)) if count > 1 else 1))
        gone = {id(row) for _, row in taken}
        self._pairs = [pair for pair in self._pairs if id(pair[1]) not in gone]
        return taken


def _agrees(contact: Contact, row: ExportRow) -> bool:
    """Tell whether every value that Kajabi has is ours too."""
    return all(row[column].strip() in {"", text(contact, field)} for field, column in KAJABI_COLUMN.items())


def _lacks_phone(contact: Contact, row: ExportRow) -> bool:
    return not (text(contact, "phone") or row[PHONE] or row[MOBILE] or text(contact, "phone_source"))


def _lacks(*columns: str) -> Fits:
    """Ask for an address of Kajabi's own in which both sides lack these parts."""
    return lambda contact, row: _has_address(contact, row) and not any(row[column] for column in columns)


def _has_address(contact: Contact, row: ExportRow) -> bool:
    """Ask for an address that both have and nobody else gave."""
    is_same = all(text(contact, part) == row[KAJABI_COLUMN[part]] for part in ADDRESS_FIELDS)
    return is_kajabis_address(contact) and is_same and row[LINE_1] != ""


def _has_no_address(contact: Contact, row: ExportRow) -> bool:
    is_blank = not any(text(contact, part) or row[KAJABI_COLUMN[part]] for part in ADDRESS_FIELDS)
    return is_blank and not contact["billing_address_source"]


def _may_get_phone(contact: Contact, row: ExportRow) -> bool:
    return _lacks_phone(contact, row) and not text(contact, "paypal_phone")


def _may_get_last_name(contact: Contact, _row: ExportRow) -> bool:
    return not text(contact, "last_name") and not has_name_evidence(contact)


def _has_kajabis_phone(contact: Contact, row: ExportRow) -> bool:
    return text(contact, "phone_source") == "kajabi" and row[PHONE] != "" and not text(contact, "paypal_phone")


def _has_kajabis_name(contact: Contact, row: ExportRow) -> bool:
    return row["Last Name"] != "" and not has_name_evidence(contact)


def _fill_blanks(week: _Week) -> None:
    """Fill 78 blanks in Kajabi that are blank here too, and that nobody else has a word on: fill_blank."""
    people = week.people
    for column, count in ((PHONE, 16), (MOBILE, 6)):
        for _, row in week.take(count, _may_get_phone):
            row[column] = people.phone()
    for _, row in week.take(14, _may_get_last_name):
        set_name(row, row["First Name"], people.rng.choice(LAST_NAMES))
    for _, row in week.take(10, _lacks(ZIP)):
        row[ZIP] = people.postal_code(row[CITY])
    for _, row in week.take(4, _lacks(CITY)):
        row[CITY] = CITY_IN[row[STATE] or None]
    for _, row in week.take(2, _lacks(CITY, LINE_2)):
        row[CITY] = row[LINE_2] = CITY_IN[row[STATE] or None]  # fill_blank; line 2: malformed_line_2
    for _, row in week.take(6, _lacks(LINE_2)):
        row[LINE_2] = people.unit()
    for _, row in week.take(4, _has_no_address):  # five cells each
        row.update({LINE_1: people.street(), CITY: "Cambridge", STATE: "MA"})
        row.update({ZIP: people.postal_code("Cambridge"), COUNTRY: "United States"})


def _tempt(week: _Week) -> None:
    """Write into Kajabi what a naive rule would fill in here, and ours must not."""
    people = week.people
    for _, row in week.take(4, lambda c, r: c["source_system"] != "kajabi" and _lacks_phone(c, r), is_kajabis=False):
        row[PHONE] = people.phone()  # contact_owned_elsewhere
    for contact, row in week.take(2, lambda c, r: _lacks_phone(c, r) and text(c, "paypal_phone") != ""):
        row[PHONE] = text(contact, "paypal_phone")  # field_owned_elsewhere
    for _, row in week.take(4, _has_legacy_address_without_zip):
        row[ZIP] = people.postal_code(row[CITY])  # legacy_owner
    for _, row in week.take(2, _lacks(LINE_2)):
        row[LINE_2] = row[LINE_1]  # malformed_line_2
    for contact, row in week.take(2, _lacks(ZIP)):
        row[ZIP] = people.postal_code(row[CITY])  # address_mismatch
        row[LINE_1] = people.street(text(contact, "address_line_1"))  # kajabi_changed
    for _, row in week.take(1, _may_get_phone):
        row[PHONE] = "n.a."  # invalid_in_kajabi
    for _, row in week.take(1, _may_get_last_name):
        row["Last Name"] = "N/A"  # same: a placeholder is a blank


def _change(week: _Week) -> None:
    """Change 40 values in Kajabi that we hold as it gave them: kept, and shown to a person."""
    people = week.people
    for _, row in week.take(10, _has_kajabis_name):  # kajabi_changed
        set_name(row, row["First Name"], people.another(LAST_NAMES, row["Last Name"]))
    for _, row in week.take(12, _has_kajabis_phone):  # kajabi_changed
        row[PHONE] = people.phone()
    # three cells each: kajabi_changed, then field_owned_elsewhere
    moved = week.take(4, lambda c, r: _has_address(c, r) and _is_in_colorado(r))
    moved += week.take(2, lambda c, r: c["billing_address_source"] == "paypal" and _is_in_colorado(r))
    for _, row in moved:
        row.update({LINE_1: people.street(row[LINE_1]), CITY: "Nederland", ZIP: people.postal_code("Nederland")})


def _clear(week: _Week) -> None:
    """Clear 12 values in Kajabi that it had and we still hold: cleared_in_kajabi."""
    for _, row in week.take(6, _has_kajabis_phone):
        row[PHONE] = row[MOBILE] = ""
    for _, row in week.take(2, _has_kajabis_name):
        set_name(row, row["First Name"], "")
    for _, row in week.take(4, lambda c, r: _has_address(c, r) and r[ZIP] != ""):
        row[ZIP] = ""


def _reformat(week: _Week) -> None:
    """Write 5 phones and 4 postal codes in Kajabi in another format: cosmetic."""
    for _, row in week.take(5, _has_kajabis_phone):
        row[PHONE] = row[PHONE].replace("(", "").replace(") ", ".").replace("-", ".")
    for _, row in week.take(4, lambda c, r: _has_address(c, r) and "-" in r[ZIP]):
        row[ZIP] = row[ZIP].replace("-", " ")


def _has_legacy_address_without_zip(contact: Contact, row: ExportRow) -> bool:
    is_legacy = contact["billing_address_source"] == "unknown_legacy"
    return is_legacy and row[LINE_1] != "" and not text(contact, "postal_code")


def _is_in_colorado(row: ExportRow) -> bool:
    return row[STATE] == "CO" and row[CITY] != "" and row[ZIP] != ""


def _arrivals(week: _Week) -> list[ExportRow]:
    """Make rows of people whom neither side knew a week ago: new."""
    people = week.people
    rows = [new_row(people, people.person()) for _ in range(max(1, round(ARRIVALS * week.scale)))]
    for row in rows[::2]:
        row[PHONE] = people.phone()
    first_id = max(int(row["ID"]) for row in week.rows) + 1000
    number_rows(people, rows, first_id, EXPORT_DAY, EXPORT_DAY + timedelta(days=7))
    return rows
