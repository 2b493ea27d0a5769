"""The group roles of ``sql/roles.sql``: made once on demand, given their rights again by every ``init``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from ..common.errors import Unprepared
from ..common.paths import shown
from .statements import files, statement

if TYPE_CHECKING:
    from .connection import Connection


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
