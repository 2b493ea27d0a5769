"""What the site's contacts table must have before a command works on it: columns, and rows that can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.errors import Unprepared
from ..common.fields import PLANNED
from .statements import statement

if TYPE_CHECKING:
    from .connection import Connection


REQUIRED_COLUMNS = ("id", "email", "source_system")


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
    if not columns & set(PLANNED):
        raise Unprepared(
            "The table public.contacts has none of the fields that an import compares: "
            f"{', '.join(PLANNED)}. Nothing was done. Add those that you want, or connect to the right database."
        )
    if described["id_type"] != "uuid":
        raise Unprepared(
            f"The column id of public.contacts is of type {described['id_type']}, not uuid: the ledger could not name "
            "a contact. Nothing was done. Connect to the right database."
        )
    if not described["may_read"]:
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
