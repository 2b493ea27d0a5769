"""Who was merged away, so that no import brings them back: the ledger's ``known_duplicates``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.spreadsheet import read_rows
from ..database.locks import person, recording
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..database.connection import Connection

OUTCOMES = {
    "recorded": "recorded",
    "known": "was recorded before",
    "blank": "not recorded: one of the two emails is blank",
    "same_email": "not recorded: both emails are the same",
    "other_survivor": "not recorded: this email was recorded as merged into somebody else",
    "circle": "not recorded: the survivor was itself recorded as merged into this email; that would lead in a circle",
    "no_survivor": "not recorded: no living contact has the survivor's email; name the contact who is here today",
}


def record(connection: Connection, old_email: str, survivor_email: str, *, because: str | None = None) -> str:
    """Record one merge; returns a key of OUTCOMES."""
    with recording(connection) as told:
        return told(_record(connection, {"old_email": old_email, "survivor_email": survivor_email}, because))


def record_file(connection: Connection, path: Path, *, because: str | None = None) -> list[dict[str, Any]]:
    """Record every row of a CSV with old_email, survivor_email and perhaps old_kajabi_id, in one transaction.

    Returns [{record, outcome}] with record 1 for the first row below the header: what could not be recorded is
    named, the rest is kept.
    """
    rows = read_rows(path, ("old_email", "survivor_email"))
    with recording(connection) as told:
        return [
            {"record": number, "outcome": told(_record(connection, row, because))}
            for number, row in enumerate(rows, start=1)
            if any(row.values())
        ]


def declare_none(connection: Connection, because: str) -> None:
    """Note that nobody was merged away here, so that new contacts are inserted."""
    with recording(connection):
        connection.execute(statement("declare_no_duplicates"), {"declared_by": person(), "because": because})


def backfill(connection: Connection) -> list[dict[str, Any]]:
    """Record the merges of a ``contacts_merge_backup`` table, where this site has one, in one transaction.

    Returns [{record, outcome}] like ``record_file``: the records in the order of their old email.
    """
    with recording(connection) as told:
        rows = connection.execute(statement("merge_backup")).fetchall()
        return [
            {
                "record": number,
                "outcome": "no_survivor"
                if row["is_survivor_gone"]
                else told(_record(connection, row, "contacts_merge_backup")),
            }
            for number, row in enumerate(rows, start=1)
        ]


def _record(connection: Connection, row: Mapping[str, str | None], because: str | None) -> str:
    parameters = {
        "old_email": row.get("old_email"),
        "survivor_email": row.get("survivor_email"),
        "old_kajabi_id": row.get("old_kajabi_id"),
        "because": because or row.get("because"),
        "recorded_by": person(),
    }
    answer = connection.execute(statement("record_duplicate"), parameters).fetchone()
    return str(answer["outcome"]) if answer else "blank"
