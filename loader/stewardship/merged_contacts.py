"""Who was merged away, so that no import brings them back: the ledger's ``merged_contacts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.columns import Columns
from ..common.spreadsheet import read_rows
from ..database.locks import person, recording
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..database.connection import Connection

MERGED_COLUMNS = Columns(
    required={
        "old_email": "the email of the contact that was merged away",
        "survivor_email": "the email of the contact it was merged into, who is here today",
    },
    optional={
        "old_kajabi_id": "the Kajabi id of the contact that was merged away, if you know it",
        "because": "the reason; --because counts for every line instead",
    },
)
OUTCOMES = {
    "recorded": "recorded",
    "known": "was recorded before",
    "blank": "not recorded: one of the two emails is blank",
    "same_email": "not recorded: both emails are the same",
    "other_survivor": "not recorded: this email was recorded as merged into somebody else",
    "circle": "not recorded: the survivor is itself recorded as merged into this email, which would make a circle",
    "no_survivor": "not recorded: no living contact has the survivor's email; name the contact who is here today",
}


def record(connection: Connection, old_email: str, survivor_email: str, *, because: str | None = None) -> str:
    """Record one merge; returns a key of OUTCOMES."""
    with recording(connection) as told:
        (outcome,) = _record(connection, [{"old_email": old_email, "survivor_email": survivor_email}], because)
        return told(outcome)


def record_file(connection: Connection, path: Path, *, because: str | None = None) -> list[dict[str, Any]]:
    """Record every row of a CSV with MERGED_COLUMNS in one transaction.

    Returns [{record, outcome}] with record 1 for the first row below the header: what could not be recorded is
    named, the rest is kept.
    """
    rows = read_rows(path, MERGED_COLUMNS)
    with recording(connection) as told:
        filled = {number: row for number, row in enumerate(rows, start=1) if any(row.values())}
        outcomes = _record(connection, list(filled.values()), because)
        return [{"record": number, "outcome": told(outcome)} for number, outcome in zip(filled, outcomes, strict=True)]


def declare_none(connection: Connection, because: str) -> None:
    """Note that nobody was merged away here, so that new contacts are inserted."""
    with recording(connection):
        connection.execute(statement("declare_no_merged_contacts"), {"declared_by": person(), "because": because})


def backfill(connection: Connection) -> list[dict[str, Any]]:
    """Record the merges of a ``contacts_merge_backup`` table, where this site has one, in one transaction.

    Returns [{record, outcome}] like ``record_file``: the records in the order of their old email.
    """
    with recording(connection) as told:
        rows = connection.execute(statement("merge_backup")).fetchall()
        outcomes = _record(connection, rows, "contacts_merge_backup")
        return [{"record": number, "outcome": told(outcome)} for number, outcome in enumerate(outcomes, start=1)]


def _record(connection: Connection, rows: Sequence[Mapping[str, Any]], because: str | None) -> list[str]:
    emails = {"emails": [row.get("survivor_email") for row in rows]}
    found = connection.execute(statement("survivors"), emails).fetchall()
    survivors = {row["email"]: row["contact_id"] for row in found}
    outcomes = []
    for row in rows:
        if row.get("is_survivor_gone"):
            outcomes.append("no_survivor")
            continue
        parameters = {
            "old_email": row.get("old_email"),
            "survivor_email": row.get("survivor_email"),
            "survivor_contact_id": survivors.get(row.get("survivor_email")),
            "old_kajabi_id": row.get("old_kajabi_id"),
            "because": because or row.get("because"),
            "recorded_by": person(),
        }
        answer = connection.execute(statement("record_merged_contact"), parameters).fetchone()
        outcomes.append(str(answer["outcome"]) if answer else "blank")
    return outcomes
