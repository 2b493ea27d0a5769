"""Look at the connection, the role, the contacts, the runs and this machine; say what is wrong. Changes nothing.

Each check stands for itself: one that may not look, or finds its table missing, says so and the others go on.
Counts only, never a person's value; labels of sources are names of systems and are shown.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import psycopg

from ...common.errors import KajabiGuardError, NotConnected, Usage
from ...common.paths import REPORTS
from ..connection import connect
from ..schema import pending_migrations
from ..statements import NOT_THERE, statement
from .connection import pooler, tls, unreachable, version, way_of
from .contacts import columns, emails, inserts, labels, required, triggers, types
from .findings import Finding
from .locks import locks, locks_of_ours, run_lock_holder
from .machine import disk, packages, policies, private_files
from .role import beyond_need, opened, privileges, row_security

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ..connection import Connection, Target

NEXT = "`./kajabi-guard` alone names the next step"
STALE_DAYS = 10.0  # an import is weekly; a week and a long weekend is no reason to worry


def diagnose(opening: AbstractContextManager[Target], reports: Path = REPORTS) -> list[Finding]:
    """Open the database and examine it; where it cannot be reached, say so and look at this machine all the same.

    Raises Usage for a connection string that cannot be read.
    """
    with ExitStack() as stack:
        try:
            target = stack.enter_context(opening)
            connection = stack.enter_context(connect(target, "kajabi-guard doctor"))
        except Usage:
            raise
        except KajabiGuardError as error:
            looks = chain(packages(), policies(), disk(reports), private_files(reports))
            return [replace(unreachable(error), group="Connection"), *(replace(x, group="This machine") for x in looks)]
        return examine(connection, target, reports)


def examine(connection: Connection, target: Target, reports: Path = REPORTS) -> list[Finding]:
    """Return a finding for every check, in groups. Raises only when the database cannot be asked at all."""
    facts = connection.execute(statement("doctor_server")).fetchone() or {}
    questions: tuple[tuple[str, str, Callable[[], Iterator[Finding]]], ...] = (
        ("Connection", "connection", lambda: iter([Finding("connection", "ok", target.label)])),
        ("Connection", "PostgreSQL", lambda: version(facts)),
        ("Connection", "TLS", lambda: tls(facts, target, way_of(connection))),
        ("Connection", "pooler", lambda: pooler(connection, target)),
        ("Role", "privileges", lambda: privileges(connection, facts)),
        ("Role", "excess privileges", lambda: beyond_need(connection, facts)),
        ("Role", "public access", lambda: opened(connection)),
        ("Role", "row-level security", lambda: row_security(connection)),
        ("Contacts", "contacts table", lambda: required(connection, facts)),
        ("Contacts", "columns", lambda: columns(connection)),
        ("Contacts", "types", lambda: types(connection)),
        ("Contacts", "new contacts", lambda: inserts(connection)),
        ("Contacts", "emails and ids", lambda: emails(connection)),
        ("Contacts", "citext", lambda: citext(facts)),
        ("Contacts", "source labels", lambda: labels(connection)),
        ("Contacts", "triggers", lambda: triggers(connection)),
        ("Imports", "tables of kajabi-guard", lambda: tables(connection)),
        ("Imports", "policies", policies),
        ("Imports", "last export", lambda: ages(connection)),
        ("Imports", "run lock", lambda: run_lock_holder(connection)),
        ("Imports", "locks on contacts", lambda: locks(connection)),
        ("Imports", "locks on our tables", lambda: locks_of_ours(connection)),
        ("This machine", "packages", packages),
        ("This machine", "disk", partial(disk, reports)),
        ("This machine", "database size", lambda: iter([Finding("database size", "ok", facts["database_size"])])),
        ("This machine", "private files", partial(private_files, reports)),
    )
    findings: list[Finding] = []
    for group, check, question in questions:
        block = nullcontext() if check == "pooler" else _bounded(connection)  # a pooler shows between transactions only
        found = _asked(check, question, facts, block)
        findings += [replace(each, group=group) for each in found]
    return findings


@contextmanager
def _bounded(connection: Connection) -> Iterator[None]:
    """Wait for nobody for long: whoever holds a table must not keep the other lines from being shown."""
    with connection.transaction():
        connection.execute(statement("doctor_timeouts"))
        yield


def _asked(
    check: str, question: Callable[[], Iterator[Finding]], facts: dict[str, Any], block: AbstractContextManager[None]
) -> list[Finding]:
    """The findings of one check; what keeps it from looking is a finding as well."""
    try:
        with block:
            return list(question())
    except psycopg.errors.InsufficientPrivilege:
        is_ours = check == "tables of kajabi-guard"
        if facts["has_group_role"] and not is_ours:
            return [Finding(check, "ok", "not for this role")]
        remedy = "let the owner run `./kajabi-guard init --roles` and grant one of the roles to this one"
        return [Finding(check, "problem" if is_ours else "warning", "this role has no access", remedy)]
    except (psycopg.Error, NotConnected) as error:
        status, why, remedy = next(rest for kinds, *rest in _KEPT_FROM_LOOKING if isinstance(error, kinds))
        return [Finding(check, status, f"not checked: {why}", remedy)]


_KEPT_FROM_LOOKING: tuple[tuple[tuple[type[Exception], ...], str, str, str], ...] = (
    (
        (*NOT_THERE, psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedColumn),
        "warning", "a table or column is missing", "see the other lines",
    ),
    ((psycopg.errors.LockNotAvailable,), "warning", "a table is locked", "see the lines about locks"),
    ((psycopg.errors.QueryCanceled,), "warning", "it took too long", "try again when the database is quiet"),
    (
        (NotConnected,), "warning", "the server takes no second connection",
        "close a program that uses it, or raise its limit of connections",
    ),
    ((psycopg.OperationalError,), "problem", "the connection was lost", "run doctor again"),
    # in its own words an error can hold a person's value
    ((psycopg.Error,), "warning", "the server reported an error", "its log tells which"),
)  # fmt: skip


def citext(facts: dict[str, Any]) -> Iterator[Finding]:
    """Where citext is, and whether this role's search path finds it."""
    schema = facts["citext_schema"]
    if schema is None:
        yield Finding("citext", "ok", "not installed: emails are plain text")
    elif facts["is_citext_found"]:
        yield Finding("citext", "ok", f"in schema {schema}, on the search path")
    else:
        yield Finding(
            "citext", "warning",
            f"in schema {schema}, not on the search path: your own SQL compares emails with capitals (this tool does "
            "not)", f"alter role {facts['role_name']} set search_path = public, {schema}",
        )  # fmt: skip


def tables(connection: Connection) -> Iterator[Finding]:
    """Whether the migrations of this version were all run."""
    pending = pending_migrations(connection)
    if pending:
        yield Finding("tables of kajabi-guard", "problem", f"{len(pending)} to make", "./kajabi-guard init")
    else:
        yield Finding("tables of kajabi-guard", "ok", "up to date")


def ages(connection: Connection) -> Iterator[Finding]:
    """How old the newest export and the last applied plan are."""
    found = connection.execute(statement("doctor_ages")).fetchone() or {}
    for check, days, never in (
        ("last export", found["days_since_load"], "none was loaded yet"),
        ("last applied plan", found["days_since_apply"], "none was applied yet"),
    ):
        if days is None:
            yield Finding(check, "warning", never, NEXT)
        elif days > STALE_DAYS:
            yield Finding(check, "warning", f"{days:.0f} days ago: what is new in Kajabi is not here", NEXT)
        else:
            yield Finding(check, "ok", f"{days:.0f} days ago")
