"""The oracle's words and rules: when a cell of Kajabi's is a value, what is a difference, and which rule decides it.

What the rules leave open was settled like this:

- White space is a fixed list (``WHITE_SPACE``), the same for trimming everywhere; a blank is NULL or white space.
- Kajabi's phone is the first of phone_number, mobile and Phone that holds a value.
- A value of Kajabi's is trimmed, loses one escaping apostrophe, is composed (NFC) and trimmed again; then
  placeholders are blank. The same value "equal after trimming" is compared in this form, ours only trimmed.
- A difference exists where Kajabi's trimmed cell is not blank and is not our trimmed value. Where it is blank and ours
  is not: only in a managed field, and if the baseline had a value, a conflict is open on the cell or a person decided.
- Two values differ only in looks if their comparable forms are equal and not empty; a phone's is its ASCII digits.
- ``link`` comes after ``cosmetic``, whatever the contact's source; an id that cannot be linked is ``no_baseline``.
- A line 2 of Kajabi's that repeats its line 1 or its city is no value: not for a mismatch, not for an insert. It also
  repeats a placeholder there: with "none" as its city, a line 2 "none." is rubbish as well.
- Once there is a baseline, every cell has one; that of a person whom the baseline does not know is no value.
- An open conflict whose two sides have not moved brings the baseline with which it was opened, instead of today's.
- The newest decision of a person on a cell (on an address: of all six parts) counts, while all of its values stand.
  Where it is valid, nothing of the cell waits for review. What Kajabi cleared stays all the same, but for the line 2
  of an address that is taken: half of one address and half of another is nobody's.
- Values that the ledger says were written here, and that are others now, were edited by a person: class named.
- An address is followed whole: the baseline knows the person, all six parts of ours are the baseline's (and were when
  a part that waits began to), Kajabi blanks none of them, and none that would have to move belongs to another source
  or is blank although we once wrote what Kajabi has.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from dataclasses import field as having
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Contact = dict[str, Any]
Cell = tuple[Any, str]
"""A contact's id and a field."""


def seed(name: str) -> list[dict[str, str]]:
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
_UNSEEN = (
    {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cf"}}
    | {"\u2028", "\u2029"}
) - set("\0")  # fmt: skip
_SECOND_BYTES = "".join(bytes([code]).decode("cp1252", "ignore") + chr(code) for code in range(0x80, 0xC0))
_DOUBLE_ENCODED = re.compile(f"[\u00c2-\u00c5][{_SECOND_BYTES}]|\u00e2[\u0080\u20ac]")

PLACEHOLDERS = {row["bracketed_placeholder"][1:-1] for row in seed("placeholders") if row["kind"] == "placeholder"}
ERROR_VALUES = {row["bracketed_placeholder"][1:-1] for row in seed("placeholders") if row["kind"] == "error_value"}
POLICY = {row["field"]: row["policy"] for row in seed("field_policies")}
ADDRESS = [row["field"] for row in seed("field_policies") if row["is_address"] == "true"]
RULES = {row["rule"]: row for row in seed("decision_rules")}
SOURCES = seed("source_priorities")
MANAGED = list(POLICY)
LINKS = ["kajabi_id", "kajabi_member_id"]
OTHER_EMAILS = ("paypal_email", "additional_email", "zoho_email")
PAYPAL = {"first_name": "paypal_first_name", "last_name": "paypal_last_name", "phone": "paypal_phone"}


def trim(value: str | None) -> str | None:
    """Our own value, or Kajabi's raw one: without white space around it; None if nothing is left."""
    return (value or "").strip(WHITE_SPACE) or None


def clean(field: str, value: str | None) -> str | None:
    """Kajabi's cell as a value; None if it holds none."""
    text = trim(value)
    if text is None:
        return None
    escaped = "=+-@\t\r" + ("0123456789" if field in {"phone", "postal_code", *LINKS} else "")
    is_name = field in {"first_name", "last_name"}
    if not is_name and len(text) > 1 and text[0] == "'" and text[1] in escaped:
        text = text[1:]
    text = trim(unicodedata.normalize("NFC", text)) or ""
    return None if text.lower() in PLACEHOLDERS | {""} else text


def is_possible_email(text: str) -> bool:
    """One @, a dot in the domain, and nothing that cannot be seen, quotes or is run."""
    local, at, domain = text.partition("@")
    names = domain.split(".")
    return (
        bool(local and at)
        and not any(character.isspace() or character in {*_UNSEEN, *'"<>`'} for character in text)
        and "@" not in domain
        and len(names) > 1
        and names[-1] != ""
        and domain.rpartition(".")[0] != ""
    )


def bare_email(value: str | None) -> str | None:
    """Without the `mailto:` of a link and the dot of a sentence."""
    text = trim(value)
    if text is None:
        return None
    return (text[7:] if text[:7].lower() == "mailto:" else text).removesuffix(".")


def has_form(field: str, value: str, country: str | None) -> bool:
    """Does a cleaned value look like one of its field?"""
    if value in ERROR_VALUES or "\ufffd" in value or _DOUBLE_ENCODED.search(value):
        return False
    if field in LINKS:
        return len(value) in range(1, 21) and all("0" <= character <= "9" for character in value)
    if field == "phone":
        return _is_phone(value)
    if field == "postal_code":
        return _is_postal_code(value, comparable("country", country))
    return comparable(field, value) != ""


def _looks(pattern: str, text: str) -> bool:
    """Does all of the text match? ``_`` stands for white space."""
    return re.fullmatch(pattern.replace("_", WHITE_SPACE), text) is not None


def _is_phone(value: str) -> bool:
    extension = "(?i)[_]*(ext[.]?|extension|x|#)[_]*[0-9]{1,6}$".replace("_", WHITE_SPACE)
    main = re.sub(extension, "", value)
    if _looks("([+]?1[-._]?)?[(]?[2-9][0-9]{2}[)]?[-._]?[0-9A-Z]{3}[-._]?[0-9A-Z]{4}", main):
        return True
    digits = re.sub("[^0-9]", "", main)
    return (
        _looks("[-+0-9()./\u2010-\u2015_]+", main)
        and 7 <= len(digits) <= 15
        and len(set(digits)) > 1
        and not _looks("[0-9]+[.]0*", main)
        and not _is_date(main)
    )


def _is_date(text: str) -> bool:
    year_first = re.fullmatch("(?:19|20)[0-9]{2}[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text)
    year_last = re.fullmatch("([0-9]{1,2})[-/.]([0-9]{1,2})[-/.](?:(?:19|20)[0-9]{2}|[0-9]{2})", text)
    found = year_first or year_last
    return found is not None and all(1 <= int(part) <= 31 for part in found.groups())


def _is_postal_code(value: str, country: str) -> bool:
    if country in {"us", "usa", "u s", "u s a", "united states", "united states of america"}:
        return _looks("[0-9]{5}([-_]?[0-9]{4})?", value)
    if country in {"ca", "can", "canada"}:
        return _looks("[A-Za-z][0-9][A-Za-z][-_]?[0-9][A-Za-z][0-9]", value)
    return (
        _looks("[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", value)
        and any("0" <= character <= "9" for character in value)
        and not _looks("[0-9]+[eE][0-9]+", value)
        and len(value) in range(2, 13)
    )


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
        self.email = clean_email(clean("email", bare_email(cells.get("email"))))

    def by_lowest_id(self) -> tuple[bool, int, str, int]:
        kajabi_id = self.kajabi_id or ""
        return kajabi_id == "", len(kajabi_id), kajabi_id, self.number

    def has_malformed_line_2(self) -> bool:
        line_2 = comparable("address_line_2", self.values["address_line_2"])
        others = (comparable(part, self.raw[part]) for part in ("address_line_1", "city"))
        return line_2 != "" and line_2 in others

    def has_form(self, field: str) -> bool:
        value = self.values[field]
        return value is not None and has_form(field, value, self.raw["country"])

    def values_to_insert(self) -> dict[str, str | None]:
        impossible = [field for field in (*MANAGED, *LINKS) if not self.has_form(field)]
        impossible += ["address_line_2"] if self.has_malformed_line_2() else []
        return self.values | dict.fromkeys(impossible)


class Conflict(NamedTuple):
    """A cell that waits for a person: both sides as they were, and the baseline with which it was opened."""

    kajabi_value: str | None
    our_value: str | None
    baseline_value: str | None
    was_in_baseline: bool
    was_address_given: bool | None
    """Of a part of an address: were all six of ours the baseline's then? None: another field, or nobody noted it."""


@dataclass
class History:
    """What was before this import. Everything that has an order: the oldest first."""

    baseline_rows: Sequence[Mapping[str, str | None]] | None = None
    """The export accepted last; None: there is none."""
    policies: Mapping[str, str] = having(default_factory=dict)
    """Those that are not the seed's, by field."""
    field_sources: Iterable[tuple[Any, str, str]] = ()
    decisions: Iterable[tuple[Any, str, str, Mapping[str, str | None]]] = ()
    """Contact id, field or address, ours or kajabi, Kajabi's values then."""
    conflicts: Mapping[Cell, Conflict] = having(default_factory=dict)
    written: Iterable[tuple[Any, str, str | None]] = ()
    """Contact id, field, the value that was written here."""


class Baseline(NamedTuple):
    """What Kajabi said of one cell last time, if there was a last time."""

    exists: bool
    value: str | None


class Deciding:
    """Which rule applies to each difference between a contact and its row."""

    def __init__(self, contacts: Sequence[Contact], history: History, linking: Iterable[Row]) -> None:
        self.sources: dict[Cell, list[str]] = defaultdict(list)
        for contact_id, field, source in history.field_sources:
            self.sources[contact_id, field].append(source)
        self.held_ids = {(field, trim(contact[field])) for contact in contacts for field in LINKS}
        self.claims = Counter((field, row.values[field]) for row in linking for field in LINKS)
        self.policies = POLICY | dict(history.policies)
        self.has_baseline = history.baseline_rows is not None
        baseline = [Row(0, cells) for cells in reversed(history.baseline_rows or ())]
        self.baseline_by_id = {row.kajabi_id: row for row in baseline if row.kajabi_id}
        self.baseline_by_email = {row.email: row for row in baseline if row.email}
        self.conflicts = history.conflicts
        self.written = {(contact_id, field): value for contact_id, field, value in history.written}
        self.said = {(contact_id, field): (verdict, then) for contact_id, field, verdict, then in history.decisions}

    def decide(self, contact: Contact, row: Row) -> dict[str, tuple[str, str | None, bool]]:
        """Give (rule, final value, needs review) of every field that differs."""
        return {
            field: self._decide(contact, row, field)
            for field in [*MANAGED, *LINKS]
            if self._is_difference(contact, row, field)
        }

    def baseline_of(self, contact: Contact, row: Row, field: str) -> Baseline:
        conflict = self.standing_conflict(contact, row, field)
        if conflict:
            return Baseline(conflict.was_in_baseline, conflict.baseline_value)
        before = self._before(row)
        return Baseline(self.has_baseline, before.values[field] if before else None)

    def _before(self, row: Row) -> Row | None:
        return self.baseline_by_id.get(row.kajabi_id or "") or self.baseline_by_email.get(row.email or "")

    def standing_conflict(self, contact: Contact, row: Row, field: str) -> Conflict | None:
        conflict = self.conflicts.get((contact["id"], field))
        now = row.values[field], contact[field]
        return conflict if conflict and now == (conflict.kajabi_value, conflict.our_value) else None

    def _verdict(self, contact: Contact, row: Row, field: str) -> str | None:
        """What a person said, if it was about what Kajabi says now."""
        unit = "address" if field in ADDRESS else field
        verdict, then = self.said.get((contact["id"], unit), (None, {}))
        return verdict if all(row.values[name] == value for name, value in then.items()) else None

    def _is_difference(self, contact: Contact, row: Row, field: str) -> bool:
        ours = trim(contact[field])
        if row.raw[field] is not None:
            return row.raw[field] != ours
        return (
            ours is not None
            and field in MANAGED
            and (
                self.baseline_of(contact, row, field).value is not None
                or self.standing_conflict(contact, row, field) is not None
                or self._verdict(contact, row, field) is not None
            )
        )

    def _decide(self, contact: Contact, row: Row, field: str) -> tuple[str, str | None, bool]:
        rule = self.rule(contact, row, field)
        is_followed = self.policies.get(field) == "follow_kajabi" and (
            field not in ADDRESS or self._is_followed_whole(contact, row)
        )
        action = RULES[rule]["action_if_followed" if is_followed else "action"]
        final = row.values[field] if action in {"fill", "link", "update"} else contact[field]
        return rule, final, action == "keep" and self._waits(contact, row, field, rule)

    def _waits(self, contact: Contact, row: Row, field: str, rule: str) -> bool:
        """Whatever is kept although it is new in Kajabi waits for a person, unless they have seen this very value."""
        if self._verdict(contact, row, field):
            return False
        baseline, theirs = self.baseline_of(contact, row, field), row.values[field]
        is_new = theirs is not None and theirs != baseline.value
        if RULES[rule]["review"] == "always" or baseline.exists:
            return is_new or RULES[rule]["review"] == "always"
        return RULES[rule]["review"] == "first"

    def _evidence(self, contact: Contact, field: str) -> set[str | None]:
        ours, labels = trim(contact[field]), list(self.sources[contact["id"], field])
        if field == "phone":
            labels.append(contact["phone_source"])
        if field in ADDRESS:
            labels.append(contact["billing_address_source"])
        if field in PAYPAL and trim(contact[PAYPAL[field]]):
            labels.append("paypal")
        if ours is not None and self.written.get((contact["id"], field), ours) != ours:
            labels.append("manual")
        return {provenance_class(label) for label in labels}

    def rule(self, contact: Contact, row: Row, field: str) -> str:  # noqa: PLR0911  # the rules, one by one
        ours, theirs, verdict = trim(contact[field]), row.values[field], self._verdict(contact, row, field)
        if ours == theirs:
            return "same"
        if theirs is None:
            if field == "address_line_2" and verdict == "kajabi":
                return "decided_kajabi"
            return "kajabi_blank" if self.baseline_of(contact, row, field).value is None else "cleared_in_kajabi"
        if not row.has_form(field):
            return "invalid_in_kajabi"
        if verdict:
            return f"decided_{verdict}"
        if is_cosmetic(field, ours, theirs):
            return "cosmetic"
        if field in LINKS:
            is_taken = (field, theirs) in self.held_ids or self.claims[field, theirs] > 1
            return "link" if ours is None and not is_taken else "no_baseline"
        return self._owner(contact, field) or self._movement(contact, row, field)

    def _owner(self, contact: Contact, field: str) -> str | None:
        if provenance_class(contact["source_system"]) not in {"own", None}:
            return "contact_owned_elsewhere"
        if self.policies[field] == "never":
            return "policy_never"
        evidence = self._evidence(contact, field)
        if evidence & {"named", "unknown"}:
            return "field_owned_elsewhere"
        return "legacy_owner" if "legacy" in evidence else None

    def _movement(self, contact: Contact, row: Row, field: str) -> str:  # noqa: PLR0911  # the rules, one by one
        """What nobody protects: who moved since the baseline?"""
        ours, theirs, baseline = trim(contact[field]), row.values[field], self.baseline_of(contact, row, field)
        if field == "address_line_2" and row.has_malformed_line_2():
            return "malformed_line_2"
        is_whole = field in ADDRESS and self.policies[field] == "follow_kajabi"
        if is_whole and self._is_followed_whole(contact, row) and baseline.exists and theirs != baseline.value:
            return "kajabi_changed"
        if ours is None:
            if field in ADDRESS and any(self._disagrees(contact, row, part) for part in ADDRESS):
                return "address_mismatch"
            is_undone = self.written.get((contact["id"], field)) == theirs
            return "blanked_here" if is_undone or (baseline.exists and theirs == baseline.value) else "fill_blank"
        if not baseline.exists:
            return "no_baseline"
        if theirs == baseline.value:
            return "stale_in_kajabi"
        return "kajabi_changed" if ours == baseline.value else "both_changed"

    def _is_followed_whole(self, contact: Contact, row: Row) -> bool:
        return all(self._is_followed(contact, row, part) for part in ADDRESS) and self.is_given(contact, row)

    def is_given(self, contact: Contact, row: Row) -> bool:
        """Are all six parts the baseline's, today and when any of them began to wait?"""
        waiting = [self.standing_conflict(contact, row, part) for part in ADDRESS]
        return all(conflict is None or conflict.was_address_given for conflict in waiting) and all(
            (conflict or self._before(row))
            and self.baseline_of(contact, row, part) == Baseline(True, trim(contact[part]))  # noqa: FBT003
            for part, conflict in zip(ADDRESS, waiting, strict=True)
        )

    def _is_followed(self, contact: Contact, row: Row, part: str) -> bool:
        """Does Kajabi leave our part in its place, and if it is to move: no other owner's, not blanked here?"""
        ours, theirs = trim(contact[part]), row.values[part]
        if not row.has_form(part) or (part == "address_line_2" and row.has_malformed_line_2()):
            theirs = None
        is_moving = theirs not in {None, ours} and not is_cosmetic(part, ours, theirs)
        is_blanked_here = ours is None and self.written.get((contact["id"], part)) == theirs
        is_kept = bool(self._owner(contact, part)) or is_blanked_here
        return (ours is None or theirs is not None) and not (is_moving and is_kept)

    @staticmethod
    def _disagrees(contact: Contact, row: Row, part: str) -> bool:
        """Do both have this part of the address, and differ in more than its looks? A blank part never does."""
        ours, theirs = trim(contact[part]), row.values[part]
        if part == "address_line_2" and row.has_malformed_line_2():
            return False
        return bool(ours and theirs) and ours != theirs and not is_cosmetic(part, ours, theirs)
