"""A real PostgreSQL for every test: the embedded server, or the one that TEST_DATABASE_URL names.

No server means failure, never a skip: a suite without its database would be green for nothing.
Each test gets a database of its own, and what the shell has set for psql or for this tool is never looked at.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from loader.database.connection import Target, pointed_at
from loader.database.embedded.server import remove, running
from loader.database.settings import settings_from_url
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOR_THE_TESTS = {"KAJABI_GUARD_WORLDS", "KAJABI_GUARD_WEEKS", "KAJABI_GUARD_BROWSER", "KAJABI_GUARD_CHROMIUM"}
for name in [name for name in os.environ if name.startswith(("PG", "KAJABI_GUARD_")) or name == "DATABASE_URL"]:
    if name not in FOR_THE_TESTS:
        del os.environ[name]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """PG* variables of a server on which databases may be created."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield settings_from_url(url)
        return
    folder = tmp_path_factory.mktemp("server") / "practice"
    with running(folder) as embedded:
        yield embedded.settings
    remove(folder)


@pytest.fixture
def target(server: dict[str, str]) -> Iterator[Target]:
    """A new, empty database, dropped afterwards."""
    plain_name = database_name()
    name = sql.Identifier(plain_name)
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(name))
    there = Target({**server, "PGDATABASE": plain_name})
    with pointed_at(there):
        yield there
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture
def world(target: Target, tmp_path: Path) -> World:
    """A database with an empty contacts table of the full shape and the tables of kajabi-guard."""
    return World(target, tmp_path)


def pytest_report_header() -> str:
    url = os.environ.get("TEST_DATABASE_URL")
    return f"server under test: {'TEST_DATABASE_URL' if url else 'the embedded server'}"
