"""The run lock: one plan, load, apply or undo at a time; an override waits for a run in progress."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from ..common.errors import Busy
from .connection import connect
from .statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .connection import Connection, Target


def person() -> str:
    """Who sits at the keyboard, for the ledger: the database role is often shared."""
    try:
        return os.environ.get("KAJABI_GUARD_PERSON") or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"


def take_run_lock(connection: Connection) -> None:
    """Take the run lock for the rest of the open transaction. Raises Busy, saying who holds it and since when."""
    row = connection.execute(statement("try_run_lock")).fetchone()
    if row and row["is_ours"]:
        return
    raise Busy(
        f"Another run is in progress on this database{_who_is_busy(connection)}. Two runs at once could write the "
        "same contact twice, so this one did nothing. Wait until it has ended and type the command again."
    )


def _who_is_busy(connection: Connection) -> str:
    holder = connection.execute(statement("run_lock_holder")).fetchone()
    return f" ({holder['role_name']}, {holder['application_name']}, since {holder['busy_since']})" if holder else ""


@contextmanager
def recording(connection: Connection) -> Iterator[Callable[[str], str]]:
    """One transaction in which an override is recorded: it waits for a run in progress, and later runs wait for it.

    Recorded in the middle of a run, an override would be in the ledger, and not in what the run writes or has planned.
    The block is given what makes an outcome ``late`` where the override had to wait. Raises Busy, saying who holds the
    run lock, where the run goes on for more than a minute.
    """
    with connection.transaction():
        connection.execute(statement("begin_recording"))
        row = connection.execute(statement("try_share_run_lock")).fetchone()
        is_late = not (row and row["is_ours"])
        if is_late:
            _await_run(connection)
        yield lambda outcome: "late" if is_late and outcome == "recorded" else outcome


def _await_run(connection: Connection) -> None:
    try:
        with connection.transaction():
            connection.execute(statement("share_run_lock"))
    except psycopg.errors.LockNotAvailable:
        raise Busy(
            f"Another run is in progress on this database{_who_is_busy(connection)}, and it would not see what is "
            "recorded before it ends. Nothing was recorded. Wait until it has ended and type the command again."
        ) from None


@contextmanager
def run_lock(target: Target, purpose: str) -> Iterator[None]:
    """Hold the run lock during the block, in a transaction of its own: for work that happens in other connections."""
    with connect(target, f"kajabi-guard {purpose} by {person()}") as connection, connection.transaction():
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        take_run_lock(connection)
        yield
