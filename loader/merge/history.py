"""What was done: the runs of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..database.statements import statement

if TYPE_CHECKING:
    from ..database.connection import Connection


def read_history(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest ``limit`` runs, newest first: who, when, which plan, the counts, and what became of each."""
    return connection.execute(statement("history"), {"limit": limit}).fetchall()
