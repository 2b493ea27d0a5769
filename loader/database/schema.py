"""What a database must have before a command works on it: tables, a free run lock; and the rights of the group roles.

The roles of ``sql/roles.sql`` are made once on demand, and given their rights again by every ``init``.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from ..common.errors import Unprepared
from ..common.paths import shown
from .connection import connect
from .contacts_table import check_contacts
from .locks import person, take_run_lock
from .seed_tables import make_seed_tables
from .statements import files, migrations, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .connection import Connection, Target


def pending_migrations(connection: Connection) -> list[str]:
    """Names of the migrations that this database has not had yet."""
    described = connection.execute(statement("describe_server")).fetchone()
    done: set[str] = set()
    if described and described["is_prepared"]:
        done = {row["migration"] for row in connection.execute(statement("applied_migrations"))}
    return [name for name, _ in migrations() if name not in done]


def migrate(connection: Connection) -> list[str]:
    """Bring the raw and ledger tables up to date and make the seed tables that are missing.

    Returns the names of the migrations that were run. Raises Unprepared where the role may not, or the database does
    not store UTF-8.
    """
    described = connection.execute(statement("describe_server")).fetchone()
    if described and described["server_encoding"] != "UTF8":
        raise Unprepared(
            f"The database stores text as {described['server_encoding']}, not UTF8: names could not be kept as "
            "they are. Nothing was done. Use a database created with encoding UTF8."
        )
    check_contacts(connection)
    done: list[str] = []
    try:
        with connection.transaction():
            take_run_lock(connection)
            pending = set(pending_migrations(connection))
            for name, text in migrations():
                if name in pending:
                    connection.execute(text)
                    connection.execute(statement("record_migration"), {"migration": name})
                    done.append(name)
            made = make_seed_tables(connection)
            if done or made:  # what was made just now is nobody else's, and the roles that there are need it
                close_and_grant(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unprepared(
            "The tables of kajabi-guard are missing or out of date here, and this role may not create them "
            f"({error.diag.sqlstate}). Nothing was done. Let the owner of the database run `./kajabi-guard init` once."
        ) from None
    return done


def close_and_grant(connection: Connection, *, create: bool = False) -> bool:
    """Close the schemas to everybody; give the roles their rights where they exist, or ``create`` them.

    Returns whether the roles have their rights now. A role that owns nothing here changes nothing. Raises Unprepared
    where the roles should be made and this role may not.
    """
    found = connection.execute(statement("roles_there")).fetchone() or {}
    if create and not found.get("may_grant"):
        raise Unprepared(
            "Only the owner of public.contacts, who made the tables of kajabi-guard as well, can grant rights to them. "
            "Nothing was granted. Connect as that role and type `./kajabi-guard init --roles` again."
        )
    try:
        with connection.transaction():
            has_roles = create or bool(found.get("are_there") and found.get("may_grant"))
            if has_roles:
                connection.execute(statement("roles"))
            connection.execute(statement("close_schemas"))  # last: of what was made for the roles as well
            return has_roles
    except psycopg.errors.InsufficientPrivilege:
        raise Unprepared(
            "The roles of kajabi-guard could not be given their rights: this role may not make them, or was not "
            "granted kajabi_guard_planner, to which the schema of the models belongs. Nothing was granted. Let a role "
            f"with CREATEROLE run {shown(files()['roles'])} once (docs/runbook.md, The role)."
        ) from None


@contextmanager
def prepared(target: Target, purpose: str) -> Iterator[Connection]:
    """Give a connection to a database whose raw and ledger tables are up to date, migrating where the role may."""
    with connect(target, f"kajabi-guard {purpose} by {person()}") as connection:
        if pending_migrations(connection):
            check_contacts(connection)  # nothing is made in a database that was connected by mistake
            migrate(connection)
        yield connection
