"""What a steward overrides: a value, an address, a quarantined row or a contact, recorded with who, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.columns import Columns
from ..common.errors import StalePlan, Usage
from ..common.fields import ADDRESS_FIELDS, DECIDED, MANAGED, PROTECTED, field_of, listed
from ..common.spreadsheet import as_before_spreadsheet, read_rows
from ..database.locks import person, recording
from ..database.statements import NOT_THERE, statement
from ..merge.current_plan import current_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..database.connection import Connection

CELL_VERDICTS = ("ours", "kajabi")
ROW_VERDICTS = ("same-as", "new", "ignore")
DECIDE_COLUMNS = Columns(
    required={
        "email": "any email of the person; of a quarantined row its email or Kajabi id",
        "field": f"{listed(DECIDED)}; blank for a quarantined row",
        "verdict": "ours, kajabi, same-as, new or ignore; blank leaves the line open",
    },
    optional={
        "because": "the reason; where it is blank, that of --because counts",
        "other_email": "for same-as: the email of the contact",
        "differs_in": "as to_decide.csv of the report has it: do not change it",
        "ours": "the same: your value as you saw it",
        "kajabi": "the same: Kajabi's value as you saw it",
        "people": "the same: how many people the line is about",
    },
    about=(
        "to_decide.csv from the folder of the report, in which you fill in verdict and because, or a CSV file of your "
        "own. The first row names the columns, in any order."
    ),
)
PROTECT_COLUMNS = Columns(
    required={"email": "any email of the person"},
    optional={
        "field": f"{listed(PROTECTED)}; blank for the whole contact",
        "because": "the reason; where it is blank, that of --because counts",
    },
)
OUTCOMES = {
    "recorded": "recorded",
    "late": (
        "recorded, but only after a run that was already in progress, which did not see it: look at what your "
        "database holds now (`./kajabi-guard explain EMAIL`)"
    ),
    "skipped": "left open: it has no verdict",
    "no_contact": "not recorded: no contact has this email",
    "unknown_field": (
        f"not recorded: there is no such field. `decide` takes {listed(DECIDED)}. "
        f"`protect` and `unprotect` take {listed(PROTECTED)}"
    ),
    "no_column": "not recorded: your contacts have no column for this field, so nothing is ever written there",
    "id_stays": (
        "not recorded: an import never replaces an id of yours, because the person is found by it every week. Say "
        "`ours` to close the question. If Kajabi's id is right, correct it on the contact in your database"
    ),
    "unknown_verdict": "not recorded: the verdict must be one of ours, kajabi, same-as, new, ignore",
    "part_of_address": "not recorded: an address is decided as a whole; give `address` as the field",
    "no_difference": "not recorded: the current plan has nothing to decide for this field",
    "no_value": "not recorded: Kajabi has no value there to take",
    "not_held": "not recorded: no quarantined row has this email or Kajabi id",
    "not_possible": "not recorded: a row quarantined for this reason cannot be decided this way (docs/rules.md)",
    "no_other": "not recorded: no living contact has the other email",
    "not_protected": "nothing to remove: no steward had protected it",
    "no_reason": "not recorded: the reason is missing; fill in the column because, or give --because",
    "moved_on": (
        "not recorded: your value or Kajabi's has changed since the list was made, or a spreadsheet changed the cell; "
        "take a new list from `./kajabi-guard report`"
    ),
    "not_alike": "not recorded: no such change needs review any more",
    "partly": (
        "recorded for some of the people: the others have a different question now, which is on the next list "
        "(`./kajabi-guard report`)"
    ),
    "contradicts": "not recorded: another line of this list gives a different answer to the same question",
}


def decide(
    connection: Connection, email: str, field_or_verdict: str, verdict_or_other: str | None, because: str
) -> str:
    """Record ``EMAIL FIELD|address ours|kajabi`` or ``EMAIL same-as OTHER | new | ignore``; returns a key of OUTCOMES.

    Raises StalePlan without a plan of the newest load: an override is for exactly the value that Kajabi has in it.
    """
    if field_or_verdict.lower() in ROW_VERDICTS:
        row = {"email": email, "verdict": field_or_verdict, "other_email": verdict_or_other}
    else:
        row = {"email": email, "field": field_or_verdict, "verdict": verdict_or_other}
    with recording(connection) as told:
        current_plan(connection)
        return told(_decide_row(connection, {**row, "because": because}))


def decide_file(connection: Connection, path: Path, because: str) -> list[dict[str, Any]]:
    """Record every row of a CSV with DECIDE_COLUMNS in one transaction.

    A row without email but with ``ours`` and ``kajabi`` is one answer to an equal change of many people, as the list
    ``to_decide.csv`` of the report writes it. Rows that contradict each other are all left out: which one was meant is
    not for the order of the lines to say. Returns [{record, outcome}].
    """
    # the field is the one that the database knows, however somebody wrote its name
    rows = [{**row, "field": field_of(row["field"])} for row in read_rows(path, DECIDE_COLUMNS)]
    said: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for row in rows:
        if row.get("verdict"):
            said.setdefault(_question(row), set()).add(_folded(row, "verdict", "other_email"))

    def do(row: dict[str, str]) -> str:
        return "contradicts" if len(said.get(_question(row), ())) > 1 else _decide_row(connection, row)

    with recording(connection) as told:
        current_plan(connection)
        return _each(rows, because, lambda row: told(do(row)))


def _question(row: dict[str, str]) -> tuple[str, ...]:
    """What a line is about: a person's cell, address or quarantined row, or an equal change of many people."""
    return _folded(row, "email", "field") if row.get("email") else _folded(row, "field", "ours", "kajabi")


def _folded(row: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple((row.get(name) or "").casefold() for name in names)


def protect(connection: Connection, email: str, field: str | None, because: str, *, is_protected: bool = True) -> str:
    """Protect a field, the ``address`` or (None) a whole contact, or take the protection away; a key of OUTCOMES."""
    with recording(connection) as told:
        return told(_protect(connection, email, field, because, is_protected=is_protected))


def protect_file(
    connection: Connection, path: Path, because: str, *, is_protected: bool = True
) -> list[dict[str, Any]]:
    """Do so for every row of a CSV with PROTECT_COLUMNS in one transaction; returns [{record, outcome}]."""
    rows = read_rows(path, PROTECT_COLUMNS)

    def do(row: dict[str, str]) -> str:
        return _protect(connection, row["email"], row.get("field"), row["because"], is_protected=is_protected)

    with recording(connection) as told:
        return _each(rows, because, lambda row: told(do(row)))


def _protect(connection: Connection, email: str, field: str | None, because: str, *, is_protected: bool) -> str:
    name = "record_protection" if is_protected else "remove_protection"
    known = field_of(field or "") or None
    if known and known not in PROTECTED:
        return "unknown_field"
    fields = {"managed": list(MANAGED), "address_fields": list(ADDRESS_FIELDS)}
    return _ask(connection, name, {"email": email, "field": known, "because": because, **fields})


def _each(rows: list[dict[str, str]], because: str, do: Callable[[dict[str, str]], str]) -> list[dict[str, Any]]:
    accounts = []
    for number, row in enumerate(rows, start=1):
        if not any(row.values()):
            continue  # a spreadsheet leaves blank rows at the end
        with_reason = {**row, "because": row.get("because") or because}
        is_open = "verdict" in row and not row["verdict"]
        has_reason = is_open or bool(with_reason["because"])
        accounts.append({"record": number, "outcome": do(with_reason) if has_reason else "no_reason"})
    return accounts


def _decide_row(connection: Connection, row: dict[str, Any]) -> str:
    verdict = (row.get("verdict") or "").lower()
    if not verdict:
        return "skipped"
    if verdict in ROW_VERDICTS:
        return _ask(connection, "record_match_override", {"other_email": None, **row, "verdict": verdict})
    if not row.get("email"):
        return _decide_group(connection, row, verdict)
    # a filled-in list says which value the steward saw; on the command line it is the one of the current plan
    seen = {
        "seen_field": field_of(row.get("differs_in") or "") or None,
        "seen_kajabi_value": as_before_spreadsheet(row.get("kajabi")) or None,
        "seen_our_value": as_before_spreadsheet(row.get("ours")) or None,
    }
    decision = {**row, **seen, "field": field_of(row.get("field") or ""), "verdict": verdict}
    return _ask(connection, "record_decision", decision)


def _decide_group(connection: Connection, row: dict[str, Any], verdict: str) -> str:
    if verdict not in CELL_VERDICTS:
        return "unknown_verdict"
    parameters = {
        "field": row.get("field"),
        "our_value": as_before_spreadsheet(row.get("ours")) or None,
        "kajabi_value": as_before_spreadsheet(row.get("kajabi")) or None,
        "verdict": verdict,
        "because": row["because"],
        "decided_by": person(),
    }
    counts = connection.execute(statement("record_group_decision"), parameters).fetchone()
    if not counts or not counts["count_alike"]:
        return "not_alike"
    if not counts["count_recorded"]:
        return "no_value"
    people = row.get("people") or ""
    return "partly" if people.isdecimal() and counts["count_recorded"] < int(people) else "recorded"


def _ask(connection: Connection, name: str, row: dict[str, Any]) -> str:
    parameters = {**row, "decided_by": person(), "recorded_by": person()}
    try:
        answer = connection.execute(statement(name), parameters).fetchone()
    except NOT_THERE:
        raise StalePlan(
            "You decide about exactly the value that Kajabi has now, and there is no plan that shows it. "
            "Nothing was recorded. Type `./kajabi-guard plan` first."
        ) from None
    return str(answer["outcome"]) if answer else "no_contact"


def require_reason(because: str | None) -> str:
    """Return the reason, or raise Usage: next year somebody will ask why."""
    if not (because or "").strip():
        raise Usage(
            "Nothing was recorded, because the reason is missing, and next year somebody will ask why. Add it at the "
            'end of the command: --because "she told us on the phone".'
        )
    return str(because).strip()
