"""Weeks of a small organisation: people here and in Kajabi change things, every week an export is planned and applied.

What the tool did is checked by plain Python on pictures of ``contacts`` and of the ledger before and after, on the
export rows and on what the people of the simulation remember: never by the models' own decisions. Run it with
``scripts/simulate --weeks 100``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import psycopg
from psycopg import sql

from loader.common.errors import RefusedByGuard
from loader.database.connection import Target, pointed_at
from loader.database.embedded.server import remove, running
from loader.database.settings import settings_from_url
from loader.database.statements import statement
from loader.demo.synthetic.organisation import make_organisation, write_export
from loader.demo.synthetic.people import EXPORT_DAY, FIRST_NAMES, LAST_NAMES, People
from loader.demo.synthetic.shape import KAJABI_COLUMN, MOBILE, new_row, number_rows, set_name, sign_in
from loader.kajabi.inbound.load import load_export
from loader.stewardship import merged_contacts, overrides
from oracle import Matching
from oracle_rules import (
    ADDRESS,
    LINKS,
    MANAGED,
    PAYPAL,
    Row,
    clean_email,
    comparable,
    is_cosmetic,
    provenance_class,
    trim,
)
from recorded_build import RecordedBuild
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Contact = dict[str, Any]
ExportRow = dict[str, str]
Cell = tuple[Any, str]
"""Contact id and field."""

FOLLOW, FILL = "follow_kajabi", "fill_blank"
MOST_LINES = 10  # what a person may have to read after an ordinary week
WHY = "the simulation decided so"


class Rates(NamedTuple):
    """Shares of the people in a week; arrivals are a count."""

    in_kajabi: float
    here: float
    keys: float
    arrivals: int


QUIET = Rates(in_kajabi=0.01, here=0.01, keys=0.005, arrivals=1)
BUSY = Rates(in_kajabi=0.08, here=0.06, keys=0.015, arrivals=3)


@dataclass
class Figures:
    weeks: int = 0
    seed: int = 0
    contacts: tuple[int, int] = (0, 0)
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    quiet_lines: list[int] = field(default_factory=list)
    """New lines to decide after each quiet week."""

    def table(self) -> str:
        lines = self.quiet_lines or [0]
        rows: list[tuple[str, Any]] = [
            ("weeks, of which quiet", f"{self.weeks}, {len(self.quiet_lines)}"),
            ("seed", self.seed),
            ("contacts, first and last week", f"{self.contacts[0]}, {self.contacts[1]}"),
            *((name, self.counts[name]) for name in COUNTED),
            *(sorted(self.refusals.items()) or [("refusals", 0)]),
            ("new lines a quiet week, most and mean", f"{max(lines)}, {sum(lines) / len(lines):.1f}"),
        ]
        return "\n".join(f"   {name:<44}{value!s:>12}" for name, value in rows)


COUNTED = (
    "values changed in Kajabi",
    "cells changed here",
    "contacts merged or deleted here",
    "ids and emails changed",
    "values filled",
    "values updated under follow_kajabi",
    "values written because a person decided",
    "Kajabi ids linked",
    "contacts inserted",
    "conflicts opened",
    "conflicts closed because a person decided",
    "conflicts closed because a side moved",
    "conflicts still open",
    "plans that found nothing left to write",
    "protected values lost",
    "merged or deleted people inserted again",
)


class Word(NamedTuple):
    """A person's decision: for these values of Kajabi's, on these of ours, at this time."""

    verdict: str
    values: dict[str, str | None]
    ours: dict[str, Any]
    moment: int


@dataclass
class Picture:
    """The database at one moment."""

    contacts: dict[Any, Contact]
    sources: dict[Cell, str]
    conflicts: dict[Cell, dict[str, Any]]
    written: dict[Cell, str | None]
    duplicates: list[dict[str, Any]]
    baseline: int | None

    def matched(self, rows: Sequence[Row]) -> dict[int, tuple[str, Any, str | None]]:
        """Status, contact and reason by row number, as the matching rules have it."""
        return Matching(list(self.contacts.values()), (), self.duplicates).match(rows, may_insert=True)

    def row_of(self, rows: Sequence[Row]) -> dict[Any, Row]:
        """The one row that decides for each matched contact."""
        matched = self.matched(rows)
        return {matched[row.number][1]: row for row in rows if matched[row.number][0] == "matched"}


def picture(world: World) -> Picture:
    with world.connect() as connection:
        written = world.rows("select * from kajabi_ledger.field_changes order by run_id", connection)
        conflicts = world.rows("select * from kajabi_ledger.open_conflicts", connection)
        return Picture(
            {row["id"]: row for row in world.rows("select * from public.contacts order by id", connection)},
            {
                (row["contact_id"], row["field"]): row["source"]
                for row in world.rows("select * from kajabi_ledger.contact_field_sources", connection)
            },
            {(row["contact_id"], row["field"]): row for row in conflicts},
            {(row["contact_id"], row["field"]): row["written_value"] for row in written},
            world.rows("select * from kajabi_ledger.merged_contacts", connection),
            world.one("select max(baseline_rank) as baseline from kajabi_raw.loads", connection)["baseline"],
        )


def as_rows(rows: Iterable[ExportRow]) -> list[Row]:
    cells = (
        {name: row[column] for name, column in KAJABI_COLUMN.items() if name != "phone"}
        | {"kajabi_id": row["ID"], "kajabi_member_id": row["Member ID"], "email": row["Email"]}
        | {"phone_number": row[KAJABI_COLUMN["phone"]], "mobile_phone_number": row[MOBILE]}
        for row in rows
    )
    return [Row(number, each) for number, each in enumerate(cells, start=1)]


# ---------------------------------------------------------------------------------------------------------------------
# What happens in Kajabi


class Kajabi:
    """The people in Kajabi, oldest last or not: their rows, and what these said before."""

    def __init__(self, rng: Random, people: People, rows: list[ExportRow], rekeyed: set[str]) -> None:
        self.rng, self.people, self.rows, self.rekeyed = rng, people, rows, rekeyed
        self.gone: list[ExportRow] = []
        self.past: dict[str, list[ExportRow]] = {}
        self.changed = 0
        self.moved_keys = 0

    def live(self, rates: Rates, week: int, contacts: Iterable[Contact]) -> None:
        for row in self._some(rates.in_kajabi):
            self._change(row)
        for row in self.rows:
            if row["Member ID"] and self.people.chance(0.3):
                sign_in(self.people, row, EXPORT_DAY, EXPORT_DAY + timedelta(days=7 * week))
        if self.people.chance(rates.keys * 40) and self.rows:
            self._move_keys({trim(contact["kajabi_id"]): contact for contact in contacts})
        if self.people.chance(rates.keys * 20):
            self.gone.append(self.rows.pop(self.rng.randrange(len(self.rows))))
        elif self.gone and self.people.chance(rates.keys * 20):
            self.rows.append(self.gone.pop(0))
        self._arrive(rates.arrivals, week)
        self.rng.shuffle(self.rows)

    def _some(self, share: float) -> list[ExportRow]:
        return self.rng.sample(self.rows, round(share * len(self.rows)))

    def _change(self, row: ExportRow) -> None:
        past = self.past.setdefault(row["ID"], [])
        was = dict(row)
        if past and self.people.chance(0.25):
            back = self.rng.choice(past)
            row.update({column: back[column] for column in KAJABI_COLUMN.values()})
        else:
            self.rng.choice(CHANGES)(self, row)
        past.append(was)
        self.changed += sum(row[column] != was[column] for column in KAJABI_COLUMN.values())

    def phone(self, row: ExportRow) -> None:
        row[KAJABI_COLUMN["phone"]] = self.people.phone()

    def last_name(self, row: ExportRow) -> None:
        set_name(row, row["First Name"], self.people.another(LAST_NAMES, row["Last Name"]))

    def first_name(self, row: ExportRow) -> None:
        set_name(row, self.people.another(FIRST_NAMES, row["First Name"]), row["Last Name"])

    def move(self, row: ExportRow) -> None:
        row.update({KAJABI_COLUMN[part]: value or "" for part, value in self.people.address().items()})

    def part(self, row: ExportRow) -> None:
        values = {"postal_code": self.people.postal_code(row[KAJABI_COLUMN["city"]]), "city": "Lyons"}
        name, value = self.rng.choice([*values.items(), ("address_line_2", self.people.unit()), ("state", "Colorado")])
        row[KAJABI_COLUMN[name]] = value

    def rubbish(self, row: ExportRow) -> None:
        """What Kajabi holds and is no value: a repeated line, a placeholder, a phone without digits."""
        row[KAJABI_COLUMN["address_line_2"]] = row[KAJABI_COLUMN["city"]]
        row[KAJABI_COLUMN[self.rng.choice(("phone", "postal_code"))]] = self.rng.choice(("N/A", "-", "n.a."))

    def clear(self, row: ExportRow) -> None:
        filled = [name for name in MANAGED if name != "first_name" and row[KAJABI_COLUMN[name]]]
        if filled:
            row[KAJABI_COLUMN[self.rng.choice(filled)]] = ""

    def looks(self, row: ExportRow) -> None:
        for name in ("phone", "city", "last_name"):
            row[KAJABI_COLUMN[name]] = row[KAJABI_COLUMN[name]].upper().replace("(", "").replace(") ", "-")

    def _move_keys(self, contact_of: dict[str | None, Contact]) -> None:
        """Change an email, or make a person anew under another id: one of the two keys always stays known."""
        known = [row for row in self.rows if row["ID"] in contact_of and row["ID"] not in self.rekeyed]
        row = self.rng.choice(known or self.rows)
        if row["ID"] not in contact_of or row["ID"] in self.rekeyed:
            return
        self.rekeyed.add(row["ID"])
        self.moved_keys += 1
        if clean_email(row["Email"]) != clean_email(contact_of[row["ID"]]["email"]) or self.people.chance(0.6):
            row["Email"] = row["Email (email)"] = self.people.person().email
        else:
            row["ID"] = str(int(row["ID"]) - 1)  # an older number, so that the newest id is still the newest person's
            self.rekeyed.add(row["ID"])

    def _arrive(self, count: int, week: int) -> None:
        rows = [new_row(self.people, self.people.person()) for _ in range(count)]
        for row in rows:
            if self.people.chance(0.5):
                self.phone(row)
            if self.people.chance(0.4):
                self.move(row)
        after = EXPORT_DAY + timedelta(days=7 * (week - 1))
        first_id = max(int(row["ID"]) for row in [*self.rows, *self.gone]) + 1000
        number_rows(self.people, rows, first_id, after, after + timedelta(days=7))
        self.rows += rows


CHANGES = (
    Kajabi.phone,
    Kajabi.phone,
    Kajabi.last_name,
    Kajabi.first_name,
    Kajabi.move,
    Kajabi.part,
    Kajabi.part,
    Kajabi.rubbish,
    Kajabi.clear,
    Kajabi.clear,
    Kajabi.looks,
)


# ---------------------------------------------------------------------------------------------------------------------
# What happens here


class Office:
    """The people here, with everything that they remember."""

    def __init__(self, world: World, rng: Random, people: People, rekeyed: set[str]) -> None:
        self.world, self.rng, self.people, self.rekeyed = world, rng, people, rekeyed
        self.clock = 0
        self.touched: dict[Cell, int] = {}
        """When somebody here changed a cell last."""
        self.words: dict[Cell, Word] = {}
        self.carried_out: set[int] = set()
        """The moments of the words for Kajabi's value that a run has written: each counts once."""
        self.dead_keys: set[str] = set()
        """Emails and Kajabi ids of people who were merged away or deleted."""
        self.counts: Counter[str] = Counter()

    def live(self, rates: Rates, rows: Sequence[Row]) -> None:
        now = picture(self.world)
        row_of = now.row_of(rows)
        living = [contact for contact in now.contacts.values() if contact["deleted_at"] is None]
        for contact in self.rng.sample(living, max(1, round(rates.here * len(living)))):
            self._edit(contact, row_of.get(contact["id"]))
        if self.people.chance(rates.keys * 30):
            self._part_with(living, row_of)
        if self.people.chance(rates.keys * 20):
            self._change_key(living)
        if self.people.chance(rates.keys * 20):
            person = self.people.person()
            self.world.add_contacts({"email": person.email, "first_name": person.first_name, "source_system": "zoho"})

    def decide_some(self, share: float, rows: Sequence[Row]) -> None:
        """Decide some of the cells that wait, an address as a whole."""
        now = picture(self.world)
        row_of = now.row_of(rows)
        decided: set[Cell] = set()
        for contact_id, name in sorted(now.conflicts, key=str):
            if name in LINKS or not self.people.chance(share) or (contact_id, name) in decided:
                continue
            parts = ADDRESS if name in ADDRESS else [name]
            row, contact = row_of[contact_id], now.contacts[contact_id]
            email, values = contact["email"], {part: row.values[part] for part in parts}
            verdict = self.rng.choice(("ours", "kajabi")) if any(values.values()) else "ours"
            with self.world.connect() as connection:
                given = "address" if name in ADDRESS else name
                outcome = overrides.decide(connection, email, given, verdict, WHY)
            if outcome == "recorded":
                self.clock += 1
                word = Word(verdict, values, {part: contact[part] for part in parts}, self.clock)
                self.words.update({(contact_id, part): word for part in parts})
                decided.update((contact_id, part) for part in parts)
            else:
                self.counts[f"decide said {outcome}"] += 1

    def verdict(self, cell: Cell, row: Row, contact: Contact) -> str | None:
        """What a person said about this cell and the values that Kajabi has now.

        A word for Kajabi's value holds for ours as it was then, and once: whatever moved since is newer.
        """
        word = self.words.get(cell)
        if word is None or any(row.values[part] != value for part, value in word.values.items()):
            return None
        is_over = word.moment in self.carried_out or any(contact[part] != value for part, value in word.ours.items())
        return None if word.verdict == "kajabi" and is_over else word.verdict

    def _set(self, contact: Contact, values: dict[str, Any]) -> None:
        names = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(n), sql.Placeholder(n)) for n in values)
        query = sql.SQL("update public.contacts set {} where id = %(contact_id)s").format(names)
        with self.world.connect() as connection:
            connection.execute(query, {**values, "contact_id": contact["id"]})
        self.clock += 1
        self.touched.update({(contact["id"], name): self.clock for name in values})
        self.counts["cells changed here"] += len(set(values) & set(MANAGED))

    def _edit(self, contact: Contact, row: Row | None) -> None:
        name = self.rng.choice(["first_name", "last_name", "phone", "phone", "address", "address", "city"])
        drawn: dict[str, dict[str, Any]] = {
            "first_name": {"first_name": self.rng.choice(FIRST_NAMES)},
            "last_name": {"last_name": self.rng.choice(LAST_NAMES)},
            "phone": {"phone": self.people.phone()},
            "address": self.people.address(),
            "city": {"city": self.rng.choice(("Lyons", "Nederland", "Longmont"))},
        }
        values = drawn[name]
        how = self.rng.choice(("plain", "plain", "marked", "blank", "as Kajabi", "PayPal", "protect"))
        if how == "blank":
            values = dict.fromkeys(values, self.rng.choice((None, "", "  ")))
        elif how == "as Kajabi" and row:
            values = {each: row.values[each] for each in values}
        elif how == "PayPal":
            marks = {"first_name": "paypal_first_name", "last_name": "paypal_last_name", "phone": "paypal_phone"}
            marker = marks.get(name, "billing_address_source")
            values |= {marker: "paypal" if name not in marks else values[name]}
        elif how == "marked" and name not in {"first_name", "last_name"}:
            values |= {"phone_source" if name == "phone" else "billing_address_source": "manual"}
        elif how in {"protect", "marked"}:
            with self.world.connect() as connection:
                said = overrides.protect(connection, contact["email"], "address" if name == "city" else name, WHY)
            assert said == "recorded"
        self._set(contact, values)

    def _part_with(self, living: list[Contact], row_of: dict[Any, Row]) -> None:
        """Merge one contact into another (a soft delete, or the row is gone), or delete one without a survivor."""
        lost, survivor = self.rng.sample(living, 2)
        row = row_of.get(lost["id"])
        keys = {clean_email(lost["email"]), trim(lost["kajabi_id"]), row and row.email, row and row.kajabi_id}
        self.dead_keys |= {key for key in keys if key}
        how = self.rng.choice(("soft merge", "hard merge", "delete"))
        if how == "hard merge":
            self._record(lost, survivor)
            self.world.run("delete from public.contacts where id = %(contact_id)s", contact_id=lost["id"])
        else:
            self.world.run("update public.contacts set deleted_at = now() where id = %(id)s", id=lost["id"])
        if how == "soft merge":
            with self.world.connect() as connection:
                merged_contacts.record(connection, lost["email"], survivor["email"], because=WHY)
        self.counts["contacts merged or deleted here"] += 1

    def _record(self, lost: Contact, survivor: Contact) -> None:
        """Once the row is gone, only the ledger knows its Kajabi id: the file of duplicates takes it along."""
        path = self.world.folder / "merged.csv"
        line = f"{lost['email']},{survivor['email']},{lost['kajabi_id'] or ''}"
        path.write_text(f"old_email,survivor_email,old_kajabi_id\n{line}\n", encoding="utf-8")
        with self.world.connect() as connection:
            merged_contacts.record_file(connection, path, because=WHY)

    def _change_key(self, living: list[Contact]) -> None:
        contact = self.rng.choice(living)
        kajabi_id = trim(contact["kajabi_id"])
        if kajabi_id is None or kajabi_id in self.rekeyed:
            return
        self.rekeyed.add(kajabi_id)
        values: dict[str, Any] = {"email": self.people.person().email}
        if self.people.chance(0.4):
            values = {"kajabi_id": None, "kajabi_member_id": None}
        self._set(contact, values)
        self.counts["ids and emails changed"] += 1


# ---------------------------------------------------------------------------------------------------------------------
# What must hold after a week


@dataclass
class Check:
    """One apply, before and after: what it found wrong goes into ``findings``."""

    office: Office
    before: Picture
    after: Picture
    rows: list[Row]
    baseline: list[Row] | None
    policy: str
    counts: Counter[str]
    findings: list[str] = field(default_factory=list)
    carried_out: set[int] = field(default_factory=set)

    def run(self, run_id: int) -> list[str]:
        self.row_of = self.before.row_of(self.rows)
        by_id = {row.kajabi_id: row for row in reversed(self.baseline or []) if row.kajabi_id}
        by_email = {row.email: row for row in reversed(self.baseline or []) if row.email}
        self.baseline_row = {
            row.number: by_id.get(row.kajabi_id or "") or by_email.get(row.email or "") for row in self.rows
        }
        self._existing_contacts()
        self._inserted_contacts()
        self._nothing_left_out()
        self._account(run_id)
        self._conflicts()
        self._sources()
        self.office.carried_out |= self.carried_out
        return self.findings

    def _require(self, holds: object, *what: Any) -> None:
        if not holds:
            self.findings.append(" | ".join(str(each) for each in what))

    def _verdict(self, cell: Cell, row: Row) -> str | None:
        """A person's word as it was when the plan was made."""
        return self.office.verdict(cell, row, self.before.contacts[cell[0]])

    def _conflict(self, cell: Cell, row: Row) -> dict[str, Any] | None:
        """The conflict that stood before, as long as neither side has moved."""
        conflict = self.before.conflicts.get(cell)
        if conflict is None:
            return None
        contact = self.before.contacts[cell[0]]
        stands = conflict["kajabi_value"] == row.values[cell[1]]
        return conflict if stands and conflict["our_value"] == contact[cell[1]] else None

    def _baseline_value(self, cell: Cell, row: Row) -> str | None:
        conflict = self._conflict(cell, row)
        if conflict:
            return conflict["baseline_value"]  # type: ignore[no-any-return]  # a text column
        baseline_row = self.baseline_row[row.number]
        return baseline_row.values[cell[1]] if baseline_row else None

    def _is_new(self, cell: Cell, row: Row) -> bool:
        """Does Kajabi say something else than at the last accepted import? Without one, everything is new."""
        return self.baseline is None or row.values[cell[1]] != self._baseline_value(cell, row)

    def _protectors(self, cell: Cell) -> set[str | None]:
        contact_id, name = cell
        contact = self.before.contacts[contact_id]
        labels = [contact["source_system"], self.before.sources.get(cell)]
        labels += [contact["phone_source"]] if name == "phone" else []
        labels += [contact["billing_address_source"]] if name in ADDRESS else []
        labels += ["paypal"] if name in PAYPAL and trim(contact[PAYPAL[name]]) else []
        written, ours = self.before.written.get(cell), trim(contact[name])
        labels += ["manual"] if written is not None and ours is not None and written != ours else []
        return {provenance_class(label) for label in labels} - {"own", None}

    # -- values on contacts that were there

    def _existing_contacts(self) -> None:
        for contact_id, was in self.before.contacts.items():
            now = self.after.contacts.get(contact_id)
            if now is None:
                self._require(False, "a contact is gone", contact_id)  # noqa: FBT003  # it never holds
                continue
            changed = {name for name in was if was[name] != now[name]}
            self._require(
                changed <= {*MANAGED, *LINKS, "updated_at"}, "never written, yet changed", contact_id, changed
            )
            if not changed & {*MANAGED, *LINKS}:
                self._require(not changed, "touched without a change", contact_id)
                continue
            row = self.row_of.get(contact_id)
            if row is None:
                self._require(False, "written without a row", contact_id, changed)  # noqa: FBT003
                continue
            kinds = {name: self._written_cell((contact_id, name), row) for name in sorted(changed & set(MANAGED))}
            for name in sorted(changed & set(LINKS)):
                self._linked(contact_id, name, row)
            self._address(contact_id, row, {kind for name, kind in kinds.items() if name in ADDRESS})

    def _written_cell(self, cell: Cell, row: Row) -> str:
        contact_id, name = cell
        was, now = self.before.contacts[contact_id][name], self.after.contacts[contact_id][name]
        ours, theirs = trim(was), row.values[name]
        about = (
            name,
            contact_id,
            f"ours {was!r}",
            f"Kajabi {theirs!r}",
            f"now {now!r}",
            self._baseline_value(cell, row),
        )
        self._require(now == theirs, "written, but not Kajabi's value", *about)
        word = self.office.words.get(cell)
        if word and self._verdict(cell, row) == "kajabi":
            self.carried_out.add(word.moment)
            is_newer = self.office.touched.get(cell, 0) < word.moment
            self._lost(is_newer, "a decision wrote over a newer edit of a person here", *about)
            self.counts["values written because a person decided"] += 1
            return "decided"
        protectors = self._protectors(cell)
        self._lost(not protectors, "protected by", protectors, *about)
        self._require(self._is_new(cell, row), "blanked here or stale in Kajabi, yet written", *about)
        if ours is None:
            self._require(theirs and (name != "phone" or comparable(name, theirs)), "no value filled in", *about)
            self._require(self.before.written.get(cell) != theirs, "written, taken back, and filled again", *about)
            self.counts["values filled"] += 1
            return "filled"
        is_as_given = self.baseline is not None and ours == self._baseline_value(cell, row)
        self._lost(self.policy == FOLLOW and is_as_given and theirs, "a value of ours was replaced", *about)
        self.counts["values updated under follow_kajabi"] += 1
        return "updated"

    def _lost(self, holds: object, *what: Any) -> None:
        self.counts["protected values lost"] += not holds
        self._require(holds, *what)

    def _linked(self, contact_id: Any, name: str, row: Row) -> None:
        now = self.after.contacts[contact_id][name]
        others = [other for other, each in self.after.contacts.items() if each[name] == now and other != contact_id]
        is_blank = trim(self.before.contacts[contact_id][name]) is None
        self._require(is_blank and now == row.values[name] and not others, "linked", contact_id, name, now)
        self.counts["Kajabi ids linked"] += 1

    def _address(self, contact_id: Any, row: Row, kinds: set[str]) -> None:
        """An address is filled where nothing of ours disagrees, and followed whole."""
        if not kinds or "decided" in kinds:
            return
        was, now = self.before.contacts[contact_id], self.after.contacts[contact_id]
        for part in ADDRESS:
            ours, theirs = trim(now[part]), row.values[part]
            is_rubbish = part == "address_line_2" and row.has_malformed_line_2()
            is_other = ours and theirs and ours != theirs and not is_cosmetic(part, ours, theirs) and not is_rubbish
            self._require(not is_other, "an address is a mixture", contact_id, part, ours, theirs)
            if "updated" in kinds:
                is_given = trim(was[part]) == self._baseline_value((contact_id, part), row)
                self._require(
                    self.baseline_row[row.number] and is_given and (theirs or not trim(was[part])),
                    "an address was followed although a part is ours or is missing there",
                    contact_id,
                    part,
                )

    # -- people who were not there

    def _inserted_contacts(self) -> None:
        matched = self.before.matched(self.rows)
        expected = {row.email: row for row in self.rows if matched[row.number][0] == "new"}
        inserted = {now["email"]: now for key, now in self.after.contacts.items() if key not in self.before.contacts}
        self._require(
            expected.keys() == inserted.keys(), "inserted", sorted(expected.keys() ^ inserted.keys(), key=str)
        )
        for email, now in inserted.items():
            is_dead = bool({email, now["kajabi_id"]} & self.office.dead_keys)
            self.counts["merged or deleted people inserted again"] += is_dead
            self._require(not is_dead, "a merged or deleted person was inserted again", email)
            self.counts["contacts inserted"] += 1
            if email in expected:
                values = expected[email].values_to_insert() | {"source_system": "kajabi", "email_subscribed": False}
                wrong = {name for name, value in values.items() if now[name] != value}
                self._require(not wrong, "inserted with other values", email, wrong)

    def _nothing_left_out(self) -> None:
        """Names and phones: what is blank, unprotected and new in Kajabi is filled in the same week."""
        for contact_id, row in self.row_of.items():
            for name in PAYPAL:
                cell, theirs = (contact_id, name), row.values[name]
                wanted = theirs is not None and trim(self.before.contacts[contact_id][name]) is None
                wanted = wanted and not self._protectors(cell) and self._is_new(cell, row)
                wanted = wanted and (name != "phone" or comparable(name, theirs) != "")
                if wanted and self.before.written.get(cell) != theirs and self._verdict(cell, row) is None:
                    now = self.after.contacts[contact_id][name]
                    self._require(now == theirs, "a blank was not filled", name, contact_id, theirs)

    # -- the ledger

    def _account(self, run_id: int) -> None:
        told = {
            (row["contact_id"], row["field"], row["our_value"], row["written_value"])
            for row in self.office.world.rows(
                "select * from kajabi_ledger.field_changes where run_id = %(run_id)s", run_id=run_id
            )
        }
        none: Contact = {}
        happened = {
            (contact_id, name, self.before.contacts.get(contact_id, none).get(name), now[name])
            for contact_id, now in self.after.contacts.items()
            for name in (*MANAGED, *LINKS, "email")
            if self.before.contacts.get(contact_id, none).get(name) != now[name]
        }
        self._require(told == happened, "field_changes tells something else", told ^ happened)

    def _sources(self) -> None:
        for cell in self.before.sources.keys() | self.after.sources.keys():
            was, now = self.before.sources.get(cell), self.after.sources.get(cell)
            is_written = self.before.contacts.get(cell[0], {}).get(cell[1]) != self.after.contacts.get(cell[0], {}).get(
                cell[1]
            )
            self._require(was == now or (was is None and now == "kajabi" and is_written), "provenance", cell, was, now)

    def _conflicts(self) -> None:
        before, after = self.before.conflicts, self.after.conflicts
        self.counts["conflicts opened"] += len([cell for cell in after if not self._stands(cell)])
        for cell in before:
            if not self._stands(cell):
                self._closed(cell)
        if self.baseline is None:
            return
        expected = {cell for cell in self._waiting() if cell[1] in MANAGED}
        for cell in expected ^ {each for each in after if each[1] in MANAGED}:
            conflict, row = after.get(cell), self.row_of.get(cell[0])
            if conflict and not conflict["was_in_baseline"]:
                continue
            ours = self.after.contacts[cell[0]][cell[1]]
            theirs = row.values[cell[1]] if row else None
            baseline_value = self._baseline_value(cell, row) if row else None
            about = "does not wait" if cell in expected else "waits"
            self._require(False, about, cell, f"ours {ours!r}", f"Kajabi {theirs!r}", f"baseline {baseline_value!r}")  # noqa: FBT003

    def _stands(self, cell: Cell) -> bool:
        was, now = self.before.conflicts.get(cell), self.after.conflicts.get(cell)
        values = ("kajabi_value", "our_value", "opened_by_run")
        return bool(was and now and all(was[name] == now[name] for name in values))

    def _closed(self, cell: Cell) -> None:
        """A conflict left the list: a person decided, or one side moved. Nothing else may close it."""
        contact_id, name = cell
        conflict, row = self.before.conflicts[cell], self.row_of.get(contact_id)
        ours = self.after.contacts.get(contact_id, {}).get(name)
        is_moved = row is None or row.values[name] != conflict["kajabi_value"] or ours != conflict["our_value"]
        if row is not None and self._verdict(cell, row):
            self.counts["conflicts closed because a person decided"] += 1
        elif is_moved or (not conflict["was_in_baseline"] and self._protectors(cell) - {"legacy"}):
            self.counts["conflicts closed because a side moved"] += 1
        else:
            self._require(False, "a conflict vanished", cell, conflict)  # noqa: FBT003

    def _waiting(self) -> set[Cell]:
        """The cells that a person must see: kept, and new in Kajabi or cleared there since the baseline."""
        waiting = set()
        for contact_id, row in self.row_of.items():
            for name in MANAGED:
                cell, theirs = (contact_id, name), row.values[name]
                ours = self.after.contacts[contact_id][name]
                if trim(ours) == theirs or row.raw[name] == trim(ours) or self._verdict(cell, row):
                    continue
                conflict = self._conflict(cell, row)
                if conflict and not conflict["was_in_baseline"]:
                    continue
                baseline_value = self._baseline_value(cell, row)
                is_cleared = theirs is None and baseline_value is not None and trim(ours) is not None
                if is_cleared or (theirs is not None and theirs != baseline_value):
                    waiting.add(cell)
        return waiting


# ---------------------------------------------------------------------------------------------------------------------
# The weeks


class Simulation:
    """The organisation, week after week, in one database."""

    def __init__(self, world: World, *, seed: int = 1, policy: str = FILL, replan_every: int = 1) -> None:
        self.world, self.policy, self.replan_every = world, policy, replan_every
        world.policy = dict.fromkeys(MANAGED, policy) if policy != FILL else {}
        rng = Random(seed)
        organisation = make_organisation(seed, scale=0.03)
        phones = frozenset(str(c["phone"]) for c in organisation.contacts) | {
            row[KAJABI_COLUMN["phone"]] for row in organisation.export_rows
        }
        people = People(rng, 1_000_000, phones)
        world.copy_contacts(organisation.contacts)
        rekeyed: set[str] = set()
        self.rng = rng
        self.kajabi = Kajabi(rng, people, organisation.export_rows, rekeyed)
        self.office = Office(world, rng, people, rekeyed)
        self.office.dead_keys |= {old for old, _ in organisation.merged_away}
        with world.connect() as connection:
            for old, survivor in organisation.merged_away:
                assert merged_contacts.record(connection, old, survivor, because=WHY) == "recorded"
        self.accepted: list[Path] = []
        self.baseline: list[Row] | None = None
        self.findings: list[str] = []
        self.figures = Figures(seed=seed, contacts=(len(organisation.contacts), 0))

    def run(self, weeks: int, progress: Callable[[str], None] | None = None) -> Figures:
        for week in range(1, weeks + 1):
            found = len(self.findings)
            self._week(week)
            self.figures.weeks = week
            self.findings[found:] = [f"week {week}: {finding}" for finding in self.findings[found:]]
            if progress:
                progress(f"week {week} of {weeks}: {', '.join(self.findings[found:]) or 'nothing wrong'}")
        now = picture(self.world)
        counts = self.figures.counts
        counts += self.office.counts
        counts["values changed in Kajabi"] = self.kajabi.changed
        counts["ids and emails changed"] += self.kajabi.moved_keys
        counts["conflicts still open"] = len(now.conflicts)
        self.figures.contacts = (self.figures.contacts[0], len(now.contacts))
        return self.figures

    def _week(self, week: int) -> None:
        is_quiet = week % 2 == 1 and week > 1
        rates = QUIET if is_quiet else BUSY
        if self.baseline is not None:
            self.office.live(rates, self.baseline)
            self.kajabi.live(rates, week, picture(self.world).contacts.values())
            self._refused(week)
        before = picture(self.world)
        rows = as_rows(self.kajabi.rows)
        path = self._write(self.kajabi.rows)
        plan = self._plan(path)
        lines = [line for line in self.world.rows(statement("to_decide")) if line["is_new"]]
        try:
            run = self.world.apply(plan["fingerprint"])
        except RefusedByGuard as refusal:
            self.findings.append(f"an ordinary file was refused | {refusal}")
            return
        after = picture(self.world)
        check = Check(self.office, before, after, rows, self.baseline, self.policy, self.figures.counts)
        assert run.run_id is not None
        self.findings += check.run(run.run_id)
        if is_quiet:
            self.figures.quiet_lines.append(len(lines))
        self.baseline = rows
        self.accepted.append(path)
        self._again(week, path, plan["fingerprint"], after)
        self.office.decide_some(0.35, rows)

    def _write(self, rows: Sequence[ExportRow]) -> Path:
        self.world.count_files += 1
        path = self.world.folder / f"export {self.world.count_files}.csv"
        write_export(rows, path)
        return path

    def _plan(self, path: Path) -> dict[str, Any]:
        with self.world.connect() as connection:
            load_export(connection, path)
        return self.world.plan()

    def _again(self, week: int, path: Path, fingerprint: str, after: Picture) -> None:
        """The same plan once more, and the same file once more: nothing happens."""
        if self.world.apply(fingerprint).status != "already_applied" or picture(self.world) != after:
            self.findings.append("the same plan was not recognised, or did something")
        if week % self.replan_every:
            return
        plan = self._plan(path)
        planned = self.world.rows("select * from kajabi_guard.merge_plan")
        if planned:
            self.findings.append(f"the same file again: {len(planned)} contacts planned | {planned[0]['field_rules']}")
        else:
            self.figures.counts["plans that found nothing left to write"] += 1
            self.world.apply(plan["fingerprint"])
            now = picture(self.world)
            if now.contacts != after.contacts or now.conflicts != after.conflicts:
                self.findings.append("the same file again: contacts or conflicts moved")

    # -- files that must be refused

    def _refused(self, week: int) -> None:
        first = {2: self._shrunk, 3: self._shifted, 4: self._older, 7: self._emptied}
        further = self.rng.choice((self._shrunk, self._shifted, self._older, self._emptied))
        make = first.get(week) or (further if week > 7 and self.rng.random() < 0.3 else None)
        if make is None:
            return
        guard, path = make()
        before = picture(self.world)
        plan = self._plan(path)
        try:
            self.world.apply(plan["fingerprint"])
        except RefusedByGuard as refusal:
            if guard not in str(refusal):
                self.findings.append(f"{guard} did not refuse, but: {refusal}")
        else:
            self.findings.append(f"{guard} did not refuse")
        if picture(self.world) != before:
            self.findings.append(f"{guard} refused, and yet something was written")
        self.figures.refusals[guard] += 1

    def _shrunk(self) -> tuple[str, Path]:
        rows = self.kajabi.rows
        kept = round(len(rows) * self.rng.uniform(0.4, 0.75))
        return "guard_export_shrank", self._write(self.rng.sample(rows, kept))

    def _emptied(self) -> tuple[str, Path]:
        lost = {KAJABI_COLUMN[part]: "" for part in ("city", "postal_code")}
        return "guard_export_shrank", self._write([{**row, **lost} for row in self.kajabi.rows])

    def _shifted(self) -> tuple[str, Path]:
        """Somebody sorted the names and not the addresses."""
        rows = self.kajabi.rows
        columns = [KAJABI_COLUMN[part] for part in ADDRESS]
        addresses = [{column: row[column] for column in columns} for row in [*rows[1:], rows[0]]]
        shifted = [{**row, **address} for row, address in zip(rows, addresses, strict=True)]
        return "guard_shifted_rows", self._write(shifted)

    def _older(self) -> tuple[str, Path]:
        return "guard_older_export", self.rng.choice(self.accepted[-10:-1])


def main() -> int:
    """Run the weeks on the embedded server (or the one that TEST_DATABASE_URL names) and print the figures."""
    parser = argparse.ArgumentParser(description="Simulate weekly imports of a small organisation.")
    parser.add_argument("--weeks", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", choices=(FILL, FOLLOW), default=FILL)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a run that is ended stops its server, too
    url = os.environ.get("TEST_DATABASE_URL")
    for name in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as name:
        folder = RecordedBuild.folder = Path(name)
        if url:
            return _simulate(settings_from_url(url), folder, given)
        with running(folder / "server") as embedded:
            status = _simulate(embedded.settings, folder, given)
        remove(folder / "server")
        return status


def _simulate(settings: dict[str, str], folder: Path, given: argparse.Namespace) -> int:
    plain_name = f"kajabi_guard_test_{uuid4().hex[:12]}"
    database = sql.Identifier(plain_name)
    with pointed_at(Target(settings)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(database))
    there = Target({**settings, "PGDATABASE": plain_name})
    try:
        with pointed_at(there):
            simulation = Simulation(World(there, folder), seed=given.seed, policy=given.policy)
            figures = simulation.run(given.weeks, lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
    finally:
        with pointed_at(Target(settings)), psycopg.connect("", autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(database))
    print(f"Weekly imports, policy {given.policy}:\n{figures.table()}")  # noqa: T201  # this is a command
    for finding in simulation.findings:
        print(f"FOUND {finding}", file=sys.stderr)  # noqa: T201
    return 1 if simulation.findings else 0


if __name__ == "__main__":
    sys.exit(main())
