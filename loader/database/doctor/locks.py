"""``doctor`` on who is in the way: the run lock, and sessions that hold contacts or the tables of kajabi-guard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..statements import statement
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..connection import Connection

BUSY = "docs/runbook.md, Somebody else is busy"


def run_lock_holder(connection: Connection) -> Iterator[Finding]:
    """Whether a run is in progress, or was left behind."""
    holder = connection.execute(statement("run_lock_holder")).fetchone()
    if holder is None:
        yield Finding("run lock", "ok", "free")
        return
    yield Finding(
        "run lock", "warning",
        f"held by {holder['role_name']} ({holder['application_name']}) since {holder['busy_since'] or '?'}",
        f"wait; if that command is gone: {BUSY}",
    )  # fmt: skip


def locks(connection: Connection) -> Iterator[Finding]:
    """Sessions that hold contacts, so that a write would wait, or nobody could even read it."""
    held = [row for row in connection.execute(statement("doctor_locks")) if row["relation"] == "public.contacts"]
    exclusive = [row for row in held if row["keeps_readers_out"]]
    if exclusive:
        yield _locked("locks on contacts", "contacts", exclusive[0])
    elif held:
        first = held[0]
        yield Finding(
            "locks on contacts", "warning",
            f"{len(held)} held; the longest by {first['role_name']} ({first['state']}) since "
            f"{first['busy_since'] or '?'}", f"let it end its transaction: {BUSY}",
        )  # fmt: skip
    else:
        yield Finding("locks on contacts", "ok", "none")


def locks_of_ours(connection: Connection) -> Iterator[Finding]:
    """Tables of the tool that nobody can read at the moment, one line each."""
    check = "locks on our tables"
    rows = [row for row in connection.execute(statement("doctor_locks")) if row["relation"] != "public.contacts"]
    held = {row["relation"]: row for row in reversed(rows)}  # the longest of each
    for relation in sorted(held):
        yield _locked(check, relation, held[relation])
    if not held:
        yield Finding(check, "ok", "none")


def _locked(check: str, relation: str, row: dict[str, Any]) -> Finding:
    return Finding(
        check, "problem",
        f"{relation} is locked by pid {row['pid']} ({row['role_name']}, {row['state']}) since "
        f"{row['busy_since'] or '?'}: every command waits",
        f"let it end its transaction, or `select pg_terminate_backend({row['pid']})`: {BUSY}",
    )  # fmt: skip
