"""What a database must have before a command works on it: tables, columns, visible rows, a free run lock."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from loader.database import connect
from loader.errors import Busy, Unprepared
from loader.roles import close_and_grant
from loader.statements import migrations, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loader.database import Connection, Target

REQUIRED_COLUMNS = (
    "id", "email", "first_name", "last_name", "phone", "address_line_1", "address_line_2",
    "city", "state", "postal_code", "country", "source_system",
)  # fmt: skip


def person() -> str:
    """Who sits at the keyboard, for the ledger: the database role is often shared."""
    try:
        return os.environ.get("KAJABI_GUARD_PERSON") or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"


def pending_migrations(connection: Connection) -> list[str]:
    """Names of the migrations that this database has not had yet."""
    described = connection.execute(statement("describe_server")).fetchone()
    done: set[str] = set()
    if described and described["is_prepared"]:
        done = {row["migration"] for row in connection.execute(statement("applied_migrations"))}
    return [name for name, _ in migrations() if name not in done]


def migrate(connection: Connection) -> list[str]:
    """Bring the raw and ledger tables up to date; returns the names of the migrations that were run.

    Raises Unprepared where the role may not, or the database does not store UTF-8.
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
            if done:  # what was made just now is nobody else's, and the roles that there are need it
                close_and_grant(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unprepared(
            "The tables of kajabi-guard are missing or out of date here, and this role may not create them "
            f"({error.diag.sqlstate}). Nothing was done. Let the owner of the database run `./kajabi-guard init` once."
        ) from None
    return done


def check_contacts(connection: Connection) -> frozenset[str]:
    """Return the columns that contacts has here. Raises Unprepared where it, a column or the right to read lacks."""
    described = connection.execute(statement("describe_server")).fetchone()
    if not described or not described["has_contacts"]:
        raise Unprepared(
            "This database has no table public.contacts, so there is nothing to protect and nothing was done. "
            "Check that you are connected to the right database (`./kajabi-guard doctor` names it)."
        )
    columns = frozenset(row["column_name"] for row in connection.execute(statement("contact_columns")))
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    if missing:
        raise Unprepared(
            f"The table public.contacts lacks {', '.join(missing)}. These columns are what an import reads and writes; "
            "without them nothing can be compared. Nothing was done. Add them, or connect to the right database."
        )
    if described["id_type"] != "uuid":
        raise Unprepared(
            f"The column id of public.contacts is of type {described['id_type']}, not uuid: the ledger could not name "
            "a contact. Nothing was done. Connect to the right database."
        )
    facts = connection.execute(statement("doctor_server")).fetchone()
    if facts and not facts["may_read"]:
        raise Unprepared(
            f"The role {described['role_name']} may not read public.contacts, so nothing can be compared. Nothing was "
            "done. Let the owner grant it SELECT, INSERT and UPDATE on the table, or connect as the owner."
        )
    return columns


def check_visible(connection: Connection) -> None:
    """Raise Unprepared where row-level security may hide contacts from this role or from the owner of the models."""
    roles = [row["role_name"] for row in connection.execute(statement("hidden_rows"))]
    if roles:
        raise Unprepared(
            f"Row-level security on public.contacts may hide rows from {' and '.join(roles)}. A contact that is hidden "
            "looks new and would be inserted a second time, so nothing was done. Connect as the owner of the table or "
            "as a role with BYPASSRLS (Supabase: postgres)."
        )


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
    """One transaction in which a person's word is recorded: a run in progress is waited for, and later ones wait.

    Spoken in the middle of a run, a word would be in the ledger and yet not in what the run writes or has planned.
    The block is given what makes an outcome ``late`` where the word had to wait. Raises Busy, saying who holds the run
    lock, where the run goes on for more than a minute.
    """
    with connection.transaction():
        connection.execute(statement("begin_word"))
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
            f"Another run is in progress on this database{_who_is_busy(connection)}, and it does not know what is "
            "said while it goes on. Nothing was recorded. Wait until it has ended and type the command again."
        ) from None


@contextmanager
def run_lock(target: Target, purpose: str) -> Iterator[None]:
    """Hold the run lock during the block, in a transaction of its own: for work that happens in other connections."""
    with connect(target, f"kajabi-guard {purpose} by {person()}") as connection, connection.transaction():
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        take_run_lock(connection)
        yield


@contextmanager
def prepared(target: Target, purpose: str) -> Iterator[Connection]:
    """Give a connection to a database whose raw and ledger tables are up to date, migrating where the role may."""
    with connect(target, f"kajabi-guard {purpose} by {person()}") as connection:
        if pending_migrations(connection):
            check_contacts(connection)  # nothing is made in a database that was connected by mistake
            migrate(connection)
        yield connection
