"""A connection to the database that ``settings`` found.

Whatever is found is put into the PG* variables of this process, so that psycopg, dbt and psql all use the same.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from ..common.errors import NotConnected, Unprepared
from ..common.paths import CONFIG, STATE
from .embedded.server import running
from .settings import LOCAL_HOSTS, PRACTICE, find_settings, practice_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OLDEST_SERVER = 150000  # PostgreSQL 15: MERGE
Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True)
class Target:
    """A database: the PG* variables that lead to it, and whether it is the practice server."""

    settings: dict[str, str]
    is_practice: bool = False

    @property
    def label(self) -> str:
        """One line for the head of every report: database, host and role, never the password."""
        host = self.settings.get("PGHOST") or self.settings.get("PGHOSTADDR", "local")
        where = "this machine" if host.startswith("/") or host in LOCAL_HOSTS else host
        line = f"database {self.settings.get('PGDATABASE', '?')} on {where} as {self.settings.get('PGUSER', '?')}"
        practice = " (practice database: nothing here reaches your organisation)"
        return line + practice if self.is_practice else line


@contextmanager
def pointed_at(target: Target) -> Iterator[Target]:
    """Put the target into this process's PG* variables, and the old ones back afterwards."""
    before = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    for name in before:
        del os.environ[name]
    os.environ.update(target.settings)
    try:
        yield target
    finally:
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def open_target(
    url: str | None,
    environ: Mapping[str, str],
    *,
    config: Path = CONFIG,
    state: Path = STATE,
    is_practice: bool = False,
) -> Iterator[Target]:
    """Find the database and keep it reachable for the length of the block (the practice server is started)."""
    settings = find_settings(url, environ, config, is_practice=is_practice)
    if settings is not None:
        with pointed_at(Target(settings)) as target:
            yield target
        return
    name = practice_database(config) or PRACTICE
    with (
        running(state / "practice") as server,
        pointed_at(Target({**server.settings, "PGDATABASE": name}, is_practice=True)) as target,
    ):
        yield target


def connect(target: Target, purpose: str = "kajabi-guard") -> Connection:
    """Open a connection that works through a transaction-mode pooler: no prepared statements, explicit transactions.

    Raises NotConnected when the server does not answer or refuses, Unprepared below PostgreSQL 15.
    """
    try:
        connection: Connection = psycopg.connect(
            "", autocommit=True, prepare_threshold=None, row_factory=dict_row,
            connect_timeout=int(target.settings.get("PGCONNECT_TIMEOUT", "15")), application_name=purpose[:60],
        )  # fmt: skip
    except (psycopg.OperationalError, psycopg.ProgrammingError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise NotConnected(
            f"The {target.label} cannot be used: {reason}. Nothing was done. Check that the server is up and that "
            "host, port, database, user and password are right (`./kajabi-guard connect` asks for them again)."
        ) from None
    if connection.info.server_version < OLDEST_SERVER:
        version = connection.info.parameter_status("server_version")
        connection.close()
        raise Unprepared(
            f"The {target.label} runs PostgreSQL {version}; the guarded MERGE needs 15 or later. Nothing was done. "
            "Upgrade the server (Supabase: Project Settings, Infrastructure)."
        )
    return connection


def explain(error: psycopg.Error) -> str:
    """Say what the server refused: its code and the object concerned, never its DETAIL, which holds values."""
    about = ", ".join(
        part for part in (error.diag.constraint_name, error.diag.table_name, error.diag.column_name) if part
    )
    what = {
        "42501": "this role lacks a privilege (`./kajabi-guard doctor` says which one is needed)",
        "55P03": "the table was locked by somebody else for too long",
        "57014": "it took longer than allowed",
        "57P01": "the server ended the connection",
        "53100": "the server's disk is full",
    }.get(error.sqlstate or "", "PostgreSQL refused")
    code = f"SQLSTATE {error.sqlstate}" if error.sqlstate else "the connection was lost"
    return (
        f"Nothing was written: {what} ({code}{', ' + about if about else ''}). "
        "Remove the cause and type the command again."
    )
