"""Look at the connection, the role, the contacts, the runs and this machine; say what is wrong. Changes nothing.

Each check stands for itself: one that may not look, or finds its table missing, says so and the others go on.
Counts only, never a person's value; labels of sources are names of systems and are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from loader.doctor_connection import pooler, tls, version
from loader.doctor_contacts import columns, emails, inserts, labels, required, triggers, types
from loader.doctor_machine import disk, packages, private_files
from loader.errors import KajabiGuardError
from loader.findings import Finding
from loader.prepare import check_visible, pending_migrations
from loader.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loader.database import Connection, Target

SHOWN = 3
STALE_DAYS = 10.0  # an import is weekly; a week and a long weekend is no reason to worry
GROUP_OF = {"load": "kajabi_guard_loader", "plan": "kajabi_guard_planner", "apply": "kajabi_guard_applier"}


def examine(connection: Connection, target: Target) -> list[Finding]:
    """Return a finding for every check, in groups. Raises only when the database cannot be asked at all."""
    facts = connection.execute(statement("doctor_server")).fetchone() or {}
    questions: tuple[tuple[str, str, Callable[[], Iterator[Finding]]], ...] = (
        ("Connection", "connection", lambda: iter([Finding("connection", "ok", target.label)])),
        ("Connection", "PostgreSQL", lambda: version(facts)),
        ("Connection", "TLS", lambda: tls(facts, target)),
        ("Connection", "pooler", lambda: pooler(connection, target)),
        ("Role", "privileges", lambda: privileges(connection, facts)),
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
        ("Imports", "last export", lambda: ages(connection)),
        ("Imports", "run lock", lambda: run_lock_holder(connection)),
        ("Imports", "locks on contacts", lambda: locks(connection)),
        ("This machine", "packages", packages),
        ("This machine", "disk", lambda: disk(facts)),
        ("This machine", "private files", private_files),
    )
    findings: list[Finding] = []
    for group, check, question in questions:
        findings += [Finding(f.check, f.status, f.detail, f.remedy, group) for f in _asked(check, question, facts)]
    return findings


def _asked(check: str, question: Callable[[], Iterator[Finding]], facts: dict[str, Any]) -> list[Finding]:
    """The findings of one check; what keeps it from looking is a finding as well."""
    try:
        return list(question())
    except psycopg.errors.InsufficientPrivilege:
        is_ours = check == "tables of kajabi-guard"
        if facts["has_group_role"] and not is_ours:
            return [Finding(check, "ok", "not for this role")]
        remedy = "let the owner run `./kajabi-guard init --roles` and grant one of the roles to this one"
        return [Finding(check, "problem" if is_ours else "warning", "this role may not look", remedy)]
    except (
        psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction,
        psycopg.errors.UndefinedColumn,
    ):  # fmt: skip
        return [Finding(check, "warning", "not looked at: a table or column is missing", "see the other lines")]
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
        return [Finding(check, "warning", "not looked at: it took too long", "try again when the database is quiet")]


def privileges(connection: Connection, facts: dict[str, Any]) -> Iterator[Finding]:
    """What load, plan and apply lack. A role that was made for one of them need not be able to do the others."""
    missing: dict[str, list[dict[str, Any]]] = {command: [] for command in GROUP_OF}
    for row in connection.execute(statement("doctor_privileges")):
        missing[row["command"]].append(row)
    for command, rows in missing.items():
        check = f"may {command}"
        if not rows:
            yield Finding(check, "ok", "yes")
            continue
        names = [row["needed"] for row in rows]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        is_anothers = facts["has_group_role"] and not rows[0]["has_its_role"]
        if is_anothers:
            yield Finding(check, "ok", f"no: that is for {GROUP_OF[command]}")
        else:
            remedy = f"let the owner run `./kajabi-guard init --roles` and grant {GROUP_OF[command]} to this role"
            yield Finding(check, "problem", f"no: lacks {', '.join(names[:SHOWN])}{more}", remedy)


def row_security(connection: Connection) -> Iterator[Finding]:
    """Whether rows of contacts may be hidden from this role, or from who owns the models."""
    try:
        check_visible(connection)
    except KajabiGuardError as error:
        yield Finding("row-level security", "problem", str(error), "alter role NAME bypassrls, for each role named")
    else:
        yield Finding("row-level security", "ok", "hides nothing")


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
    for check, days, never, remedy in (
        ("last export", found["days_since_load"], "none was loaded yet", './kajabi-guard weekly "FILE"'),
        ("last applied plan", found["days_since_apply"], "none was applied yet", "./kajabi-guard report"),
    ):
        if days is None:
            yield Finding(check, "warning", never, remedy)
        elif days > STALE_DAYS:
            yield Finding(check, "warning", f"{days:.0f} days ago: what is new in Kajabi is not here", remedy)
        else:
            yield Finding(check, "ok", f"{days:.0f} days ago")


def run_lock_holder(connection: Connection) -> Iterator[Finding]:
    """Whether a run is in progress, or was left behind."""
    holder = connection.execute(statement("run_lock_holder")).fetchone()
    if holder is None:
        yield Finding("run lock", "ok", "free")
        return
    yield Finding(
        "run lock", "warning",
        f"held by {holder['role_name']} ({holder['application_name']}) since {holder['busy_since'] or '?'}",
        "wait; if that command is gone: docs/runbook.md, Somebody else is busy",
    )  # fmt: skip


def locks(connection: Connection) -> Iterator[Finding]:
    """Sessions that hold contacts, so that a write would wait."""
    held = connection.execute(statement("doctor_locks")).fetchall()
    if not held:
        yield Finding("locks on contacts", "ok", "none")
        return
    first = held[0]
    yield Finding(
        "locks on contacts", "warning",
        f"{len(held)} held; the longest by {first['role_name']} ({first['state']}) since {first['busy_since'] or '?'}",
        "let it end its transaction: docs/runbook.md, Somebody else is busy",
    )  # fmt: skip
