"""Make and drop databases of our own: for the demo, the practice database and the tests. Never anybody else's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from .connection import Target, pointed_at
from .statements import statement

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


@contextmanager
def _administrator(server: Mapping[str, str]) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with pointed_at(Target(dict(server))), psycopg.connect("", autocommit=True, prepare_threshold=None) as admin:
        yield admin
