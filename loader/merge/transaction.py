"""What every write to ``public.contacts`` has in common: how it begins, how it ends, and what is said when it fails.

``apply.py`` applies a plan, ``undo.py`` undoes a run; nothing else writes there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

import psycopg

from ..common.errors import KajabiGuardError, RefusedByGuard, StalePlan, Unprepared
from ..database.connection import connect, explain
from ..database.locks import person, take_run_lock
from ..database.statements import statement
from .outcomes import Run, Undone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..database.connection import Connection, Target


Done = TypeVar("Done", Run, Undone)


@dataclass(frozen=True)
class Attempt:
    """An attempt to write: what the ledger notes of it, whatever becomes of it.

    ``plan`` is the plan that it is about (fingerprint, load_id, policy_version, is_partial).
    """

    plan: Mapping[str, Any]
    kind: str
    undoes_run: int | None = None
    about_run: int | None = None
    token: UUID | None = None

    def record(self) -> dict[str, Any]:
        """The parameters of ``begin_run.sql`` and ``record_refusal.sql``."""
        about = {"kind": self.kind, "undoes_run": self.undoes_run, "about_run": self.about_run, "continues_run": None}
        return {**self.plan, **about, "run_token": self.token or uuid4(), "done_by": person()}


def transact(
    connection: Connection,
    target: Target,
    attempt: Attempt,
    work: Callable[[], Done],
    found: Callable[[dict[str, Any]], Done],
    *,
    dry_run: bool,
) -> Done:
    """Do ``work`` in one transaction and return its outcome; a dry run is rolled back at the end.

    Nothing of an outcome that is not ``is_written`` is kept, its record in the ledger included.
    Where the reply to the commit is lost, the ledger is asked, and ``found`` makes the outcome of its row.

    Raises what ``work`` raises, or Unprepared for an error of the database; all of it is rolled back then, and the
    refusal is noted in the ledger.
    """
    try:
        with connection.transaction(force_rollback=dry_run) as transaction:
            outcome = work()
            if not outcome.is_written:
                raise psycopg.Rollback(transaction)
    except (RefusedByGuard, StalePlan, psycopg.Error) as error:
        if connection.closed or connection.broken:
            return found(_ask_ledger(target, attempt))
        # what a person is told of an error inside the write, which has been rolled back
        failure = Unprepared(explain(error)) if isinstance(error, psycopg.Error) else error
        if not dry_run:
            # what keeps us from noting the refusal must not hide it: a database that may only be read, say
            with suppress(psycopg.Error), connection.transaction():  # a small one: the write's transaction is gone
                refused = {**attempt.record(), "run_token": uuid4(), "refusal": str(failure)}
                connection.execute(statement("record_refusal"), refused)
        raise failure from None
    return outcome


def begin_write(connection: Connection) -> None:
    """Begin a write inside the open transaction: its settings, and the run lock. Raises Busy."""
    connection.execute(statement("begin_merge"))  # several statements: without parameters they go in one message
    take_run_lock(connection)


def one(
    connection: Connection, name: str, parameters: Mapping[str, Any], columns: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return the first row of a statement, or an empty dict."""
    return connection.execute(statement(name, columns), parameters).fetchone() or {}


def require(findings: Mapping[str, bool], *, expected: str) -> None:
    """Raise RefusedByGuard, naming every finding that is true: the write did something else than was expected."""
    wrong = [finding for finding, is_wrong in findings.items() if is_wrong]
    if wrong:
        raise RefusedByGuard(
            f"The write did not do exactly what was {expected}, so all of it was rolled back: {'; '.join(wrong)}. "
            "Look at the triggers of public.contacts (`./kajabi-guard doctor`), then try again."
        )


def _ask_ledger(target: Target, attempt: Attempt) -> dict[str, Any]:
    """Ask the ledger whether a commit whose reply was lost took place, and return the run's row."""
    try:
        with connect(target) as fresh, fresh.transaction():
            fresh.execute(statement("loader_timeouts"))
            fresh.execute(statement("await_run_lock"))
            row = fresh.execute(statement("run_by_token"), {"run_token": attempt.token}).fetchone()
    except (KajabiGuardError, psycopg.Error):
        raise KajabiGuardError(
            "The connection broke during the write, and the database cannot be asked whether it was committed: "
            "all of it was, or nothing. Once it can be reached again, `./kajabi-guard history` says which."
        ) from None
    if row:
        return row
    raise KajabiGuardError(
        "The connection broke during the write. The ledger has no such run: everything was rolled back and nothing was "
        "written. Check the connection and type the command again."
    )
