"""The demo's own database: made, and dropped to begin again, and never anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.errors import Usage
from ..database.connection import Connection, Target, connect, pointed_at
from ..database.disposable import create, drop, exists
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping


def open_demo(server: Mapping[str, str], name: str, *, is_practice: bool) -> tuple[Target, bool]:
    """Return the target of the demo's database, and whether a demo was told there to its end.

    Raises Usage where a database of this name has contacts that are not the demo's own.
    """
    target = Target({**server, "PGDATABASE": name}, is_practice=is_practice)
    if not exists(server, name):
        return target, False
    with pointed_at(target), connect(target) as connection:
        row = connection.execute(statement("demo_marker")).fetchone() or {}
    if not row.get("is_ours"):
        raise Usage(
            f"The database {name} exists there and its contacts were not made by the demo, so it was left alone. "
            "Rename it, or run the demo without --database-url: it then uses the practice server."
        )
    return target, bool(row.get("is_told"))


def begin_again(server: Mapping[str, str], target: Target) -> None:
    """Drop the demo's database, which ``open_demo`` has found to be the demo's own, and make it anew."""
    name = target.settings["PGDATABASE"]
    drop(server, name)
    create(server, name)


def note_told(connection: Connection) -> None:
    """Note in the demo's database that its story was told to the end."""
    connection.execute(statement("note_demo_told"))
