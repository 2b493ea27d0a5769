"""A second answer to what the decision models answer: matching, rules and writes in plain Python, no SQL.

Written from the organisation's rules and not from the models: where the two disagree, one of them is wrong. Which
rule decides a cell is in ``oracle_rules``. What the rules leave open about matching was settled like this:

- A deleted contact stands for its survivor, by any of its own keys; without one it still is a contact that was found.
- A chain of merges goes on by the ledger's email and by the merged contact's own email and id.
- Placeholders are blanks in Kajabi's ids and email, too.
- A row that would be inserted claims its ids: nobody is linked to an id that would then be there twice.
- Where several holds fit a row, the one nearest to its keys is shown: the order of ``lead`` and ``match``.
- A row that a person settled is what they said, while its id, email, names and phone stand: one that is ignored takes
  part in nothing; one that is a certain contact's still has to be the row that decides for it; one that is new
  is inserted in spite of its looks and of an empty ledger of duplicates, but not twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from oracle_rules import (
    ADDRESS,
    OTHER_EMAILS,
    Cell,
    Conflict,
    Contact,
    Deciding,
    History,
    Row,
    clean_email,
    comparable,
    is_possible_email,
    trim,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

MatchOverride = tuple[tuple[str | None, ...], str, Any]
"""The row's identity, same_as, new or ignore, and the contact of same_as."""


class Match(NamedTuple):
    status: str
    contact_email: str | None
    hold_reason: str | None


class Decision(NamedTuple):
    rule: str
    final_value: str | None
    needs_review: bool


@dataclass
class Expectation:
    matches: dict[int, Match]
    """By the number of the export row, from 1."""
    decisions: dict[Cell, Decision]
    """By contact id and field."""
    contacts: dict[str, Contact]
    """Every contact after the apply, by email; those inserted have no id and no times."""
    conflicts: dict[Cell, Conflict]
    """What waits for a person after the apply."""


def full_name(names: Mapping[str, Any]) -> str:
    return comparable("full_name", f"{names['first_name'] or ''} {names['last_name'] or ''}")


def identity(row: Row) -> tuple[str | None, ...]:
    """Who a row is about, for an override of its match: names and phone just as Kajabi writes them, trimmed."""
    return row.kajabi_id, row.email, *(row.raw[field] for field in ("first_name", "last_name", "phone"))


class Matching:
    """Which contact each row of the export belongs to, if any."""

    def __init__(
        self,
        contacts: Sequence[Contact],
        further_emails: Iterable[tuple[Any, str | None]],
        duplicates: Iterable[Mapping[str, Any]],
        match_overrides: Iterable[MatchOverride] = (),
    ) -> None:
        self.contacts = {contact["id"]: contact for contact in contacts}
        self.duplicates = list(duplicates)
        self.overridden = {identity: (verdict, contact_id) for identity, verdict, contact_id in match_overrides}
        self.with_id: dict[str, set[Any]] = defaultdict(set)
        self.with_email: dict[str, set[Any]] = defaultdict(set)
        self.with_other_email: dict[str, set[Any]] = defaultdict(set)
        self.look_alikes: set[tuple[str, str]] = set()
        others = [(contact["id"], contact[name]) for contact in contacts for name in OTHER_EMAILS]
        for contact_id, email in [*others, *further_emails]:
            if contact_id in self.contacts and self.is_living(contact_id):
                self.with_other_email[clean_email(email) or ""].add(contact_id)
        for contact_id, contact in self.contacts.items():
            self.with_id[trim(contact["kajabi_id"]) or ""].add(contact_id)
            self.with_email[clean_email(contact["email"]) or ""].add(contact_id)
            if self.is_living(contact_id):
                self.look_alikes.add((comparable("phone", contact["phone"]), full_name(contact)))

    def is_living(self, contact_id: Any) -> bool:
        return self.contacts[contact_id]["deleted_at"] is None

    def survivors(self, emails: Collection[str | None], ids: Collection[str | None]) -> set[Any]:
        """Follow the merge ledger to the living contacts at its ends; None where an end is nobody's or a circle."""
        return set().union(*(self._follow(number, {number}) for number in self._merges(emails, ids)))

    def _follow(self, number: int, path: set[int]) -> set[Any]:
        merge = self.duplicates[number]
        contact = self.contacts.get(merge["survivor_contact_id"], {})
        if contact and self.is_living(contact["id"]):
            return {contact["id"]}
        emails = {clean_email(merge["survivor_email"]), clean_email(contact.get("email"))}
        further = self._merges(emails - {None}, {trim(contact.get("kajabi_id"))} - {None}) - path
        ends = set().union(*(self._follow(step, path | {step}) for step in further))
        return ends - {None} or {None}

    def _merges(self, emails: Collection[str | None], ids: Collection[str | None]) -> set[int]:
        return {
            number
            for number, merge in enumerate(self.duplicates)
            if clean_email(merge.get("old_email")) in emails or trim(merge.get("old_kajabi_id")) in ids
        }

    def standing_for(self, contact_ids: set[Any]) -> set[Any]:
        """These contacts, the deleted ones replaced by their survivors where these are known."""
        stand_ins: set[Any] = set()
        for contact_id in contact_ids:
            contact = self.contacts[contact_id]
            emails, ids = {clean_email(contact["email"])}, {trim(contact["kajabi_id"])} - {None}
            known = set() if self.is_living(contact_id) else self.survivors(emails, ids) - {None}
            stand_ins |= known or {contact_id}
        return stand_ins

    def lead(self, row: Row) -> tuple[Any, str | None]:
        """Give the contact of a row, or why it is held; neither: nobody knows the row."""
        verdict, same_as = self.overridden.get(identity(row), (None, None))
        if verdict in {"same_as", "ignore"}:
            return same_as, "ignored" if verdict == "ignore" else None
        by_id = self.standing_for(self.with_id.get(row.kajabi_id or "-", set()))
        by_email = self.standing_for(self.with_email.get(row.email or "-", set()))
        deciding = by_id or by_email or self.with_other_email.get(row.email or "-", set())
        deciding = deciding or self.survivors({row.email} - {None}, {row.kajabi_id} - {None})
        if not deciding:
            return None, self._why_not_new(row)
        if len(deciding) > 1:
            return None, "several_contacts"
        if len(by_id | by_email) > 1:
            return None, "id_and_email_disagree"
        (contact_id,) = deciding
        if contact_id is None:
            return None, "duplicate_chain_broken"
        return (contact_id, None) if self.is_living(contact_id) else (None, "deleted_contact")

    def _why_not_new(self, row: Row) -> str | None:
        if row.email is None:
            return "no_email"
        if not is_possible_email(row.email):
            return "malformed_email"
        looks = comparable("phone", row.values["phone"]), full_name(row.values)
        return "possible_duplicate" if all(looks) and looks in self.look_alikes else None

    def match(self, rows: Sequence[Row], *, may_insert: bool) -> dict[int, tuple[str, Any, str | None]]:
        """Give (status, contact id, hold reason) by row number."""
        matches: dict[int, tuple[str, Any, str | None]] = {}
        rows_of: dict[Any, list[Row]] = defaultdict(list)
        strangers = []
        for row in rows:
            contact_id, reason = self.lead(row)
            if contact_id:
                rows_of[contact_id].append(row)
                reason = "other_row_decides"
            elif reason in {None, "possible_duplicate"}:
                strangers.append(row)
            matches[row.number] = ("held", None, reason)
        for contact_id, candidates in rows_of.items():
            matches[self._deciding_row(contact_id, candidates).number] = ("matched", contact_id, None)
        for row in strangers:
            reason = self._why_not_inserted(row, strangers)
            if self.overridden.get(identity(row), ("",))[0] != "new":
                reason = reason or matches[row.number][2] or (None if may_insert else "duplicates_not_recorded")
            matches[row.number] = ("held" if reason else "new", None, reason)
        return matches

    @staticmethod
    def _why_not_inserted(row: Row, strangers: Sequence[Row]) -> str | None:
        if row is not min((other for other in strangers if other.email == row.email), key=Row.by_lowest_id):
            return "same_email_in_export"
        same_id = [other for other in strangers if row.kajabi_id and other.kajabi_id == row.kajabi_id]
        return "same_id_in_export" if same_id and row is not same_id[0] else None

    def _deciding_row(self, contact_id: Any, candidates: Iterable[Row]) -> Row:
        contact = self.contacts[contact_id]
        ours, email = trim(contact["kajabi_id"]), clean_email(contact["email"])
        return min(
            candidates,
            key=lambda row: (ours is None or row.kajabi_id != ours, row.email != email, row.by_lowest_id()),
        )


def expect(
    contacts: Sequence[Contact],
    export_rows: Sequence[Mapping[str, str | None]],
    history: History | None = None,
    *,
    further_emails: Iterable[tuple[Any, str | None]] = (),
    duplicates: Iterable[Mapping[str, Any]] = (),
    declared_none: bool = False,
    match_overrides: Iterable[MatchOverride] = (),
) -> Expectation:
    """Say what load, plan and apply must make of these contacts and this export."""
    duplicates = list(duplicates)
    rows = [Row(number, cells) for number, cells in enumerate(export_rows, start=1)]
    by_id = {contact["id"]: contact for contact in contacts}
    matching = Matching(contacts, further_emails, duplicates, match_overrides)
    matched = matching.match(rows, may_insert=declared_none or bool(duplicates))
    row_of = {row.number: row for row in rows}
    writing = [row for row in rows if matched[row.number][0] != "held"]
    deciding = Deciding(contacts, history or History(), writing)

    expected = Expectation({}, {}, {contact["email"]: dict(contact) for contact in contacts}, {})
    for number, (status, contact_id, reason) in matched.items():
        row, contact = row_of[number], by_id.get(contact_id)
        expected.matches[number] = Match(status, contact["email"] if contact else None, reason)
        if status == "new":
            inserted: Contact = dict.fromkeys(contacts[0] if contacts else ())
            inserted |= row.values_to_insert() | {"email": row.email, "source_system": "kajabi"}
            inserted |= {"email_subscribed": False}
            expected.contacts[row.email or ""] = inserted
        if contact is None:
            continue
        for field, (rule, final, waits) in deciding.decide(contact, row).items():
            expected.decisions[contact_id, field] = Decision(rule, final, waits)
            expected.contacts[contact["email"]][field] = final
            if waits:
                baseline = deciding.baseline_of(contact, row, field)
                is_given = deciding.is_given(contact, row) if field in ADDRESS else None
                conflict = Conflict(row.values[field], contact[field], baseline.value, baseline.exists, is_given)
                standing = deciding.standing_conflict(contact, row, field)
                expected.conflicts[contact_id, field] = standing or conflict
    return expected
