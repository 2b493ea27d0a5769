"""Make and drop databases of our own: for the demo, the practice database and the tests. Never anybody else's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from loader.database import Target, connect, pointed_at
from loader.errors import Usage
from loader.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def exists(server: Mapping[str, str], name: str) -> bool:
    """Whether the server has a database of this name."""
    with _administrator(server) as admin:
        return admin.execute(statement("database_exists"), {"name": name}).fetchone() is not None


def create(server: Mapping[str, str], name: str) -> Target:
    """Create a database that stores UTF-8 and return the target that leads to it."""
    with _administrator(server) as admin:
        admin.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name)))
    return Target({**server, "PGDATABASE": name})


def drop(server: Mapping[str, str], name: str) -> None:
    """Drop a database that ``create`` made, whoever is connected."""
    with _administrator(server) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


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


@contextmanager
def _administrator(server: Mapping[str, str]) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with pointed_at(Target(dict(server))), psycopg.connect("", autocommit=True, prepare_threshold=None) as admin:
        yield admin
