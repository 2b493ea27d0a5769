"""A second answer to what the decision models answer: matching, rules and writes in plain Python, no SQL.

Written from the organisation's rules and not from the models: where the two disagree, one of them is wrong. It
knows no history and no person's decisions. What the rules leave open was settled like this:

- White space is a fixed list (``WHITE_SPACE``), the same for trimming everywhere; a blank is NULL or white space.
- A difference exists only where Kajabi's trimmed cell is not blank and is not our trimmed value.
- Kajabi's phone is the first of phone_number, mobile and Phone that holds a value.
- A value of Kajabi's is trimmed, loses one escaping apostrophe, is composed (NFC) and trimmed again; then
  placeholders are blank. The same value "equal after trimming" is compared in this form, ours only trimmed.
- Two values differ only in looks if their comparable forms are equal and not empty; a phone's is its ASCII digits.
- ``link`` comes after ``cosmetic``, whatever the contact's source; an id that cannot be linked is ``ours_first``.
- A line 2 of Kajabi's that repeats its line 1 or its city is no value: not for a mismatch, not for an insert. It also
  repeats a placeholder there: with "none" as its city, a line 2 "none." is rubbish as well.
- A deleted contact stands for its survivor, by any of its own keys; without one it still is a contact that was found.
- A chain of merges goes on by the ledger's email and by the merged contact's own email and id.
- Placeholders are blanks in Kajabi's ids and email, too.
- A row that would be inserted claims its ids: nobody is linked to an id that would then be there twice.
- Where several holds fit a row, the one nearest to its keys is shown: the order of ``lead`` and ``match``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Contact = dict[str, Any]


def _seed(name: str) -> list[dict[str, str]]:
    path = Path(__file__).parents[2] / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200E)))
    + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_PUNCTUATION = (
    r"!-/:-@\[-`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u2000-\u206f\u3000-\u3004\u3008-\u3020\u3030\ufeff"
)
_NO_LETTERS = re.compile(f"[{WHITE_SPACE}{_PUNCTUATION}]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

PLACEHOLDERS = {row["bracketed_placeholder"][1:-1].lower() for row in _seed("placeholders")}
POLICY = {row["field"]: row["policy"] for row in _seed("field_policies")}
ADDRESS = [row["field"] for row in _seed("field_policies") if row["is_address"] == "true"]
RULES = {row["rule"]: row for row in _seed("decision_rules")}
SOURCES = _seed("source_priorities")
MANAGED = list(POLICY)
LINKS = ["kajabi_id", "kajabi_member_id"]
OTHER_EMAILS = ("paypal_email", "additional_email", "zoho_email")
PAYPAL = {"first_name": "paypal_first_name", "last_name": "paypal_last_name", "phone": "paypal_phone"}


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
    decisions: dict[tuple[Any, str], Decision]
    """By contact id and field."""
    contacts: dict[str, Contact]
    """Every contact after the apply, by email; those inserted have no id and no times."""


def trim(value: str | None) -> str | None:
    """Our own value, or Kajabi's raw one: without white space around it; None if nothing is left."""
    return (value or "").strip(WHITE_SPACE) or None


def clean(field: str, value: str | None) -> str | None:
    """Kajabi's cell as a value; None if it holds none."""
    text = trim(value)
    if text is None:
        return None
    escaped = "=+-@\t\r" + ("0123456789" if field in {"phone", "postal_code"} else "")
    is_name = field in {"first_name", "last_name"}
    if not is_name and len(text) > 1 and text[0] == "'" and text[1] in escaped:
        text = text[1:]
    text = trim(unicodedata.normalize("NFC", text)) or ""
    return None if text.lower() in PLACEHOLDERS | {""} else text


def clean_email(value: str | None) -> str | None:
    return unicodedata.normalize("NFC", trim(value) or "").lower() or None


def comparable(field: str, value: str | None) -> str:
    if field == "phone":
        return re.sub("[^0-9]", "", value or "")
    lowered = unicodedata.normalize("NFC", value or "").lower()
    return _NO_LETTERS.sub(" ", lowered).strip(" ")


def is_cosmetic(field: str, ours: str | None, theirs: str | None) -> bool:
    return comparable(field, ours) == comparable(field, theirs) != ""


def provenance_class(label: str | None) -> str | None:
    """own, named, legacy or unknown; None for a blank label, which is no evidence."""
    text = (trim(label) or "").lower()
    if not text:
        return None
    for source in SOURCES:
        if text == source["source"] or (source["is_prefix"] == "true" and text.startswith(source["source"])):
            return source["provenance_class"]
    return "unknown"


class Row:
    """One record of the export: as Kajabi gave it, only trimmed (``raw``), and as values (``values``)."""

    def __init__(self, number: int, cells: Mapping[str, str | None]) -> None:
        self.number = number
        phones = [cells.get(name) for name in ("phone_number", "mobile_phone_number", "phone")]
        phone = next((cell for cell in phones if clean("phone", cell)), next(filter(trim, phones), None))
        self.raw = {field: trim(cells.get(field)) for field in MANAGED} | {"phone": trim(phone)}
        self.raw |= {field: clean(field, cells.get(field)) for field in LINKS}
        self.values = {field: clean(field, cell) for field, cell in self.raw.items()}
        self.kajabi_id = self.values["kajabi_id"]
        self.email = clean_email(clean("email", cells.get("email")))

    def by_lowest_id(self) -> tuple[bool, int, str, int]:
        kajabi_id = self.kajabi_id or ""
        return kajabi_id == "", len(kajabi_id), kajabi_id, self.number

    def has_malformed_line_2(self) -> bool:
        line_2 = comparable("address_line_2", self.values["address_line_2"])
        others = (comparable(part, self.raw[part]) for part in ("address_line_1", "city"))
        return line_2 != "" and line_2 in others

    def values_to_insert(self) -> dict[str, str | None]:
        impossible = [] if comparable("phone", self.values["phone"]) else ["phone"]
        impossible += ["address_line_2"] if self.has_malformed_line_2() else []
        return self.values | dict.fromkeys(impossible)


def full_name(names: Mapping[str, Any]) -> str:
    return comparable("full_name", f"{names['first_name'] or ''} {names['last_name'] or ''}")


class Matching:
    """Which contact each row of the export belongs to, if any."""

    def __init__(
        self,
        contacts: Sequence[Contact],
        further_emails: Iterable[tuple[Any, str | None]],
        duplicates: Iterable[Mapping[str, Any]],
    ) -> None:
        self.contacts = {contact["id"]: contact for contact in contacts}
        self.duplicates = list(duplicates)
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
        if not _EMAIL.fullmatch(row.email):
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
            reason = self._why_not_inserted(row, strangers) or matches[row.number][2]
            reason = reason or (None if may_insert else "duplicates_not_recorded")
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


class Deciding:
    """Which rule applies to each difference between a contact and its row."""

    def __init__(
        self, contacts: Sequence[Contact], sources: Iterable[tuple[Any, str, str]], linking: Iterable[Row]
    ) -> None:
        self.sources: dict[tuple[Any, str], list[str]] = defaultdict(list)
        for contact_id, field, source in sources:
            self.sources[contact_id, field].append(source)
        self.held_ids = {(field, trim(contact[field])) for contact in contacts for field in LINKS}
        self.claims = Counter((field, row.values[field]) for row in linking for field in LINKS)

    def evidence(self, contact: Contact, field: str) -> set[str | None]:
        labels = list(self.sources[contact["id"], field])
        if field == "phone":
            labels.append(contact["phone_source"])
        if field in ADDRESS:
            labels.append(contact["billing_address_source"])
        if field in PAYPAL and trim(contact[PAYPAL[field]]):
            labels.append("paypal")
        return {provenance_class(label) for label in labels}

    def rule(self, contact: Contact, row: Row, field: str) -> str:  # noqa: C901, PLR0911  # the rules, one by one
        ours, theirs = trim(contact[field]), row.values[field]
        if ours == theirs:
            return "same"
        if theirs is None:
            return "kajabi_blank"
        if field == "phone" and not comparable("phone", theirs):
            return "invalid_in_kajabi"
        if is_cosmetic(field, ours, theirs):
            return "cosmetic"
        if field in LINKS:
            is_taken = (field, theirs) in self.held_ids or self.claims[field, theirs] > 1
            return "link" if ours is None and not is_taken else "ours_first"
        if provenance_class(contact["source_system"]) not in {"own", None}:
            return "other_contact_owner"
        if POLICY[field] == "never":
            return "policy_never"
        evidence = self.evidence(contact, field)
        if evidence & {"named", "unknown"}:
            return "other_field_owner"
        if "legacy" in evidence:
            return "legacy_owner"
        if field == "address_line_2" and row.has_malformed_line_2():
            return "malformed_line_2"
        if ours is not None:
            return "ours_first"
        if field in ADDRESS and any(self._disagrees(contact, row, part) for part in ADDRESS):
            return "address_mismatch"
        return "fill_blank"

    @staticmethod
    def _disagrees(contact: Contact, row: Row, part: str) -> bool:
        """Do both have this part of the address, and differ in more than its looks? A blank part never does."""
        ours, theirs = trim(contact[part]), row.values[part]
        if part == "address_line_2" and row.has_malformed_line_2():
            return False
        return bool(ours and theirs) and ours != theirs and not is_cosmetic(part, ours, theirs)


def _needs_review(rule: str, field: str, row: Row, base: Sequence[Row] | None) -> bool:
    """Without a base: what the rule says. With one: whatever is kept although it is new in Kajabi."""
    if RULES[rule]["action"] != "keep":
        return False
    if base is None:
        return RULES[rule]["is_review"] == "true"
    same_id = [before for before in base if row.kajabi_id and before.kajabi_id == row.kajabi_id]
    same_email = [before for before in base if row.email and before.email == row.email]
    before = next(iter(same_id or same_email), None)
    theirs = row.values[field]
    return theirs is not None and theirs != (before.values[field] if before else None)


def expect(
    contacts: Sequence[Contact],
    export_rows: Sequence[Mapping[str, str | None]],
    *,
    further_emails: Iterable[tuple[Any, str | None]] = (),
    duplicates: Iterable[Mapping[str, Any]] = (),
    declared_none: bool = False,
    field_sources: Iterable[tuple[Any, str, str]] = (),
    base_rows: Sequence[Mapping[str, str | None]] | None = None,
) -> Expectation:
    """Say what load, plan and apply must make of these contacts and this export."""
    duplicates = list(duplicates)
    rows = [Row(number, cells) for number, cells in enumerate(export_rows, start=1)]
    base = None if base_rows is None else [Row(0, cells) for cells in base_rows]
    by_id = {contact["id"]: contact for contact in contacts}
    matched = Matching(contacts, further_emails, duplicates).match(rows, may_insert=declared_none or bool(duplicates))
    row_of = {row.number: row for row in rows}
    writing = [row for row in rows if matched[row.number][0] != "held"]
    deciding = Deciding(contacts, field_sources, writing)

    after = {contact["email"]: dict(contact) for contact in contacts}
    decisions: dict[tuple[Any, str], Decision] = {}
    matches: dict[int, Match] = {}
    for number, (status, contact_id, reason) in matched.items():
        row, contact = row_of[number], by_id.get(contact_id)
        matches[number] = Match(status, contact["email"] if contact else None, reason)
        if status == "new":
            inserted: Contact = dict.fromkeys(contacts[0] if contacts else ())
            inserted |= row.values_to_insert() | {"email": row.email, "source_system": "kajabi"}
            inserted |= {"email_subscribed": False}
            after[row.email or ""] = inserted
        for field in [*MANAGED, *LINKS] if contact else ():
            assert contact is not None
            if row.raw[field] in {None, trim(contact[field])}:
                continue
            rule = deciding.rule(contact, row, field)
            is_written = RULES[rule]["action"] in {"fill", "link", "update"}
            final = row.values[field] if is_written else contact[field]
            decisions[contact_id, field] = Decision(rule, final, _needs_review(rule, field, row, base))
            after[contact["email"]][field] = final
    return Expectation(matches, decisions, after)
