"""Everything that is known about one person, as plain data: every field, why it is decided as it is, and by whom.

The rows come from ``sql/explain_*.sql`` beside this file; here they are only put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.errors import StalePlan, Usage
from ...common.shell_quoting import LIST_MERGED, OTHER_EMAIL, can_be_pasted, command
from ...database.statements import NOT_THERE, statement
from ...merge.current_plan import current_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...database.connection import Connection, Target

Row = dict[str, Any]
PLAN_FIGURES = ("load_id", "file_name", "fingerprint", "planned_at", "is_partial", "applied_as_run")
IDS = ("kajabi_id", "kajabi_member_id")
# reasons for which the remedy is the list of merged people
MERGED = ("deleted_contact", "duplicate_chain_broken", "possible_duplicate")


def read_explanation(connection: Connection, target: Target, asked: str) -> Row:
    """Return the document of ``explain --json`` for an email (of any kind, in any case) or a Kajabi id.

    Raises StalePlan without a plan of the newest load, Usage when nobody can be found by it.
    """
    plan = current_plan(connection)
    try:
        return _read(connection, target, asked, plan)
    except NOT_THERE:
        raise StalePlan(
            "A part of the plan is gone (a table or view of the schema kajabi_guard), so it explains nobody. "
            "Type `./kajabi-guard plan` first."
        ) from None


def _read(connection: Connection, target: Target, asked: str, plan: Row) -> Row:
    def rows(name: str, **parameters: Any) -> list[Row]:
        return connection.execute(statement(name), parameters).fetchall()

    found = rows("explain_found", asked=asked)
    if not found:
        raise Usage(
            "Nobody has this email or Kajabi id. Searched, in upper and lower case: the contacts (deleted ones "
            "as well), their other emails, the list of merged contacts, the runs in the ledger, and the export that "
            f"was loaded last ({plan['file_name']}). Check the spelling, or look for another email of this person."
        )
    contact_ids = [row["contact_id"] for row in found if row["is_meant"]]
    asked_rows = sorted({row["row_number"] for row in found if row["row_number"] is not None})
    contacts = rows("explain_contacts", contact_ids=contact_ids)
    for contact in contacts:
        contact.update(_fields_and_history(rows, contact))
    return {
        "database": target.label,
        "is_practice": target.is_practice,
        "asked": asked,
        "plan": {name: plan[name] for name in PLAN_FIGURES},
        "found": found,
        "merges": rows("explain_merges", asked=asked),
        "contacts": contacts,
        "rows": read_rows(connection, asked_rows, contact_ids),
    }


def read_rows(connection: Connection, row_numbers: list[int], contact_ids: Sequence[Any] = ()) -> list[Row]:
    """Rows of the export, by their number or of these contacts, each with whom it could mean and what decides it."""
    meant = {"contact_ids": list(contact_ids), "row_numbers": row_numbers}
    rows = connection.execute(statement("explain_rows"), meant).fetchall()
    found = {"row_numbers": [row["row_number"] for row in rows]}
    candidates = connection.execute(statement("explain_candidates"), found).fetchall()
    for row in rows:
        row["candidates"] = [each for each in candidates if each["row_number"] == row["row_number"]]
        row["commands"] = settling_commands(row)
    return rows


def _fields_and_history(rows: Any, contact: Row) -> Row:
    """The fields of a contact, each with its evidence, words and history; and all of the history, fields or not."""
    one = {"contact_id": contact["contact_id"]}
    fields, evidence = rows("explain_fields", **one), rows("explain_evidence", **one)
    words, history = rows("explain_overrides", **one), rows("explain_history", **one)
    for field in fields:
        field["evidence"] = _of(field, evidence)
        field["words"] = _of(field, words)
        field["history"] = _of(field, history)
        field["is_decided_since"] = any(word["is_since"] and word["word"] == "decided" for word in field["words"])
        is_open = field["needs_review"] and not field["is_decided_since"]
        field["commands"] = deciding_commands(contact, field) if is_open else []
    return {"fields": fields, "history": history}


def _of(field: Row, rows: Iterable[Row]) -> list[Row]:
    return [
        {key: value for key, value in row.items() if key != "field"} for row in rows if row["field"] == field["field"]
    ]


def deciding_commands(contact: Row, field: Row) -> list[str]:
    """What a steward can type to decide a value that needs review."""
    unit = "address" if field["is_address"] else field["field"]
    if not can_be_pasted(contact["email"]):
        return []
    value = contact["address"]["count_replaced"] if field["is_address"] else field["incoming_value"]
    can_be_taken = field["field"] not in IDS and value
    is_possible = field["rule"] != "invalid_in_kajabi"
    verdicts = ("ours", "kajabi") if can_be_taken and is_possible else ("ours",)
    return [command("decide", contact["email"], unit, verdict) for verdict in verdicts]


def settling_commands(row: Row) -> list[str]:
    """What a steward can type to decide a quarantined row, with everybody who may be meant."""
    if row["hold_reason"] is None:
        return []
    if row["hold_reason"] == "not_in_this_plan":
        return ["./kajabi-guard plan"]
    emails = {each["email"] for each in row["candidates"] if not each["is_deleted"]}
    living = sorted(email for email in emails if can_be_pasted(email))
    others = living or [OTHER_EMAIL]
    commands: list[str] = []
    if row["hold_reason"] == "duplicates_not_recorded":
        commands += LIST_MERGED
    if row["hold_reason"] in MERGED and can_be_pasted(row["email"]):
        commands += [command("duplicate", row["email"], other, because=False) for other in living or ["SURVIVOR_EMAIL"]]
    named = next(filter(can_be_pasted, (row["settle_as"], row["kajabi_id"])), None)
    if named:
        for verdict in row["settle_with"]:
            whom = others if verdict == "same-as" else [None]
            commands += [command("decide", named, verdict, other) for other in whom]
    return commands
