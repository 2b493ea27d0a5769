"""The demo's own database: dropped and made anew, and never anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.errors import Usage
from ..database.connection import Target, connect, pointed_at
from ..database.disposable import create, drop, exists
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping


def renew_demo(server: Mapping[str, str], name: str, *, is_practice: bool) -> Target:
    """Drop the demo's database and make it anew. Raises Usage where its contacts are not the demo's own."""
    target = Target({**server, "PGDATABASE": name}, is_practice=is_practice)
    if exists(server, name):
        with pointed_at(target), connect(target) as connection:
            row = connection.execute(statement("demo_marker")).fetchone()
        if not row or not row["is_ours"]:
            raise Usage(
                f"The database {name} exists there and its contacts were not made by the demo, so it was left alone. "
                "Rename it, or run the demo without --database-url: it then uses the practice server."
            )
        drop(server, name)
    create(server, name)
    return target
