"""Where PostgreSQL is, and what it must have before a command may use it.

The order is that of the README: ``--database-url`` or ``DATABASE_URL``; the PG* variables of libpq;
``.kajabi-guard/connection.env``, written by ``connect``; the practice server, once ``init --embedded`` made it.
Whatever is found is put into the PG* variables of this process, so that psycopg, dbt and psql all use the same.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from loader.embedded import running
from loader.errors import NotConnected, Unprepared, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parent.parent
STATE = PROJECT / ".kajabi-guard"
PRACTICE = "practice"  # the database that `init --embedded` makes
OLDEST_SERVER = 150000  # PostgreSQL 15: MERGE
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_VARIABLE_OF = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY", "options": "PGOPTIONS", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip
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
        where = "this machine" if host.startswith("/") or host in _LOCAL_HOSTS else host
        line = f"database {self.settings.get('PGDATABASE', '?')} on {where} as {self.settings.get('PGUSER', '?')}"
        practice = " (practice database: nothing here reaches your organisation)"
        return line + practice if self.is_practice else line


def settings_from_url(url: str) -> dict[str, str]:
    """Turn a connection URL into PG* variables. Raises Usage without repeating the URL: it holds a password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        parts = {}
    unknown = sorted(name for name in parts if name not in _VARIABLE_OF)
    # a password that holds @ or / spills into what follows it, and these parts are shown
    host_and_database = f"{parts.get('host') or ''}{parts.get('dbname') or ''}"
    is_spilt = "@" in host_and_database or not re.fullmatch(r"[\d,]*", str(parts.get("port") or ""))
    if not parts or unknown or is_spilt:
        hint = f" It has parts that PostgreSQL does not know: {', '.join(unknown)}." if unknown else ""
        raise Usage(
            "The database URL cannot be read (it is not shown, because it holds a password)."
            f"{hint} It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE; characters such as @ or / in the "
            "password are written as %40 and %2F."
        )
    return {_VARIABLE_OF[name]: str(value) for name, value in parts.items() if value is not None}


def _with_safe_tls(settings: dict[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Ask for verified TLS on any host that is not this machine; a weaker mode needs an explicit word."""
    hosts = [host for name in ("PGHOST", "PGHOSTADDR") for host in settings.get(name, "").split(",") if host]
    host = next((host for host in hosts if not host.startswith("/") and host not in _LOCAL_HOSTS), None)
    if not host:
        return settings
    mode = settings.get("PGSSLMODE", "verify-full")
    if mode != "verify-full" and environ.get("KAJABI_GUARD_UNVERIFIED_TLS") != "yes":
        raise NotConnected(
            f"The connection to {host} asks for sslmode={mode}, which does not verify whom it talks to: somebody in "
            "between could read every contact. Take sslmode out of the connection (verify-full is the default here) "
            "and set PGSSLROOTCERT to the certificate file of your host (Supabase: Project Settings, Database, SSL). "
            "If you must, set KAJABI_GUARD_UNVERIFIED_TLS=yes."
        )
    return {**settings, "PGSSLMODE": mode}


def _read_connection_file(file: Path) -> dict[str, str]:
    lines = [line.split("=", 1) for line in file.read_text(encoding="utf-8").split("\n") if "=" in line]
    return {name: value for name, value in lines if name.startswith("PG")}


def find_settings(url: str | None, environ: Mapping[str, str], state: Path = STATE) -> dict[str, str] | None:
    """Return the PG* variables of the first place that names a database, or None for the practice server.

    Raises NotConnected where nothing does: nobody's real export may land in a sandbox by mistake.
    """
    url = url or environ.get("DATABASE_URL")
    named = {name: value for name, value in environ.items() if name.startswith("PG") and value}
    if url:
        # what a URL seldom says: where the host's certificate lies
        tls = {name: value for name, value in named.items() if name.startswith("PGSSL")}
        return _with_safe_tls({**tls, **settings_from_url(url)}, environ)
    if "PGHOST" in named:
        return _with_safe_tls(named, environ)
    if (state / "connection.env").exists():
        return _with_safe_tls(_read_connection_file(state / "connection.env"), environ)
    if (state / "practice.chosen").exists():
        return None
    raise NotConnected(
        "No database is connected yet, so nothing was done. Type `./kajabi-guard connect` once and paste the "
        "connection string of your database (Supabase: button Connect, Session pooler), or set DATABASE_URL or PGHOST. "
        "To try things out without touching your organisation: `./kajabi-guard init --embedded`."
    )


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
def open_target(url: str | None, environ: Mapping[str, str], state: Path = STATE) -> Iterator[Target]:
    """Find the database and keep it reachable for the length of the block (the practice server is started)."""
    settings = find_settings(url, environ, state)
    if settings is not None:
        with pointed_at(Target(settings)) as target:
            yield target
        return
    with (
        running(state / "practice") as server,
        pointed_at(Target({**server.settings, "PGDATABASE": PRACTICE}, is_practice=True)) as target,
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
