"""Fixtures: a real PostgreSQL for every test: the embedded server, or the one that TEST_DATABASE_URL names.

No server means failure, never a skip: a suite without its database would be green for nothing.
Each test gets a database of its own, and what the shell has set for psql or for this tool is never looked at.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import psycopg
import pytest
from psycopg import sql

from loader.database.connection import Target, pointed_at
from loader.database.embedded.server import remove, running
from loader.database.settings import settings_from_url
from recorded_build import RecordedBuild
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator

FOR_THE_TESTS = {"KAJABI_GUARD_WORLDS", "KAJABI_GUARD_WEEKS", "KAJABI_GUARD_BROWSER", "KAJABI_GUARD_CHROMIUM"}
for name in [name for name in os.environ if name.startswith(("PG", "KAJABI_GUARD_")) or name == "DATABASE_URL"]:
    if name not in FOR_THE_TESTS:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def recordings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for all processes of this run: what dbt has sent once is replayed by all of them."""
    base = tmp_path_factory.getbasetemp()
    RecordedBuild.folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "recordings"
    RecordedBuild.folder.mkdir(mode=0o700, exist_ok=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """PG* variables of a server on which databases may be created."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield settings_from_url(url)
        return
    with place_of_server(tmp_path_factory) as folder, ExitStack() as stack:
        with mock.patch.object(tempfile, "tempdir", str(folder.parent)):  # root's server is beside it, not in /var/lib
            embedded = stack.enter_context(running(folder))
        with administrator(embedded.settings) as admin:
            # nobody's data: what a power cut would lose need not wait for the disk
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                admin.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
            admin.execute("select pg_reload_conf()")
        yield embedded.settings
        stack.close()
        remove(folder)


MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108  # TemporaryDirectory makes a folder of our own in it


@contextmanager
def place_of_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder for a server, in memory where there is room: a plan is a hundred files, made and deleted."""
    if not os.access(MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(MEMORY).free < ENOUGH:
        yield tmp_path_factory.mktemp("server") / "practice"
        return
    with tempfile.TemporaryDirectory(prefix="kg-tests-", dir=MEMORY) as folder:
        Path(folder).chmod(0o711)  # root's server is another user's, who passes through
        yield Path(folder) / "practice"


@contextmanager
def administrator(server: dict[str, str]) -> Iterator[psycopg.Connection]:
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        yield admin


@contextmanager
def new_database(server: dict[str, str], template: str) -> Iterator[str]:
    """The name of a new database, dropped afterwards."""
    name = database_name()
    # a copy of its files: less than half the time of copying page by page through the log, where all is in memory
    create = sql.SQL("create database {} template {} encoding 'UTF8' strategy file_copy")
    with administrator(server) as admin:
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield name
    finally:
        with administrator(server) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def copied(server: dict[str, str], template: str = "template0") -> Iterator[Target]:
    """A database of its own, to which the PG* variables lead: a copy of ``template``, dropped afterwards."""
    with new_database(server, template) as name, pointed_at(Target({**server, "PGDATABASE": name})) as target:
        yield target


@pytest.fixture(scope="session")
def template(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with an empty contacts table and the tables of kajabi-guard, for copies."""
    with new_database(server, "template0") as name:
        with pointed_at(Target({**server, "PGDATABASE": name})) as target:
            World(target, tmp_path_factory.mktemp("template"))
        yield name


@pytest.fixture
def target(request: pytest.FixtureRequest, server: dict[str, str]) -> Iterator[Target]:
    """A new database, dropped afterwards: empty, or for a ``world`` a copy of the template."""
    is_world = "world" in request.fixturenames
    with copied(server, request.getfixturevalue("template") if is_world else "template0") as there:
        if is_world:
            with psycopg.connect("", autocommit=True) as connection:
                connection.execute("update kajabi_ledger.database_identity set identity = gen_random_uuid()")
        yield there


@pytest.fixture
def world(target: Target, tmp_path: Path) -> World:
    """A database with an empty contacts table of the full shape and the tables of kajabi-guard."""
    return World(target, tmp_path)


def pytest_report_header() -> str:
    url = os.environ.get("TEST_DATABASE_URL")
    return f"server under test: {'TEST_DATABASE_URL' if url else 'the embedded server'}"
