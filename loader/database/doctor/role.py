"""``doctor`` on the role: what it lacks for each command, its excess privileges, and what public access there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.errors import KajabiGuardError
from ...common.fields import PLANNED
from ..contacts_table import check_visible
from ..statements import statement
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..connection import Connection

SHOWN = 3
GROUP_OF = {
    "load": "kajabi_guard_loader", "plan": "kajabi_guard_planner", "apply": "kajabi_guard_applier",
    "undo": "kajabi_guard_applier",
}  # fmt: skip


def privileges(connection: Connection, facts: dict[str, Any]) -> Iterator[Finding]:
    """What load, plan, apply and undo lack. A role that was made for one of them need not be able to do the others."""
    missing: dict[str, list[dict[str, Any]]] = {command: [] for command in GROUP_OF}
    for row in connection.execute(statement("doctor_privileges"), {"planned": list(PLANNED)}):
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


def beyond_need(connection: Connection, facts: dict[str, Any]) -> Iterator[Finding]:
    """Whether this role may do to contacts what no command does: then a slip of anybody's could do it as well."""
    check, role = "excess privileges", facts["quoted_role"]
    if facts["is_superuser"]:
        yield Finding(
            check, "warning", "superuser: no grant and no row-level security holds it",
            f"work as a role of its own (docs/runbook.md, The role), or: alter role {role} nosuperuser",
        )  # fmt: skip
        return
    rows = connection.execute(statement("doctor_beyond_need")).fetchall()
    for row in rows:
        rights, grantee = row["rights"], row["grantee"]
        by = "" if grantee == role else f", through {grantee}"
        yield Finding(check, "warning", f"may {rights} contacts{by}: no command needs it", row["remedy"])
    if not rows and facts["owns_contacts"]:
        yield Finding(check, "ok", "none but those of the owner of contacts")
    elif not rows:
        yield Finding(check, "ok", "none")


def opened(connection: Connection) -> Iterator[Finding]:
    """Who else could read our schemas: everybody with a login, or the two roles that Supabase serves to the net."""
    rows = connection.execute(statement("doctor_opened")).fetchall()
    for row in rows[:SHOWN]:
        yield Finding("public access", "warning", f"{row['what']} to {row['grantee']}", row["remedy"])
    if len(rows) > SHOWN:
        more = f"{len(rows) - SHOWN} more like these"
        yield Finding("public access", "warning", more, "as the owner: ./kajabi-guard init")
    if not rows:
        yield Finding("public access", "ok", "none to our schemas")
