"""Which database is meant: the PG* variables of the first place that names one.

The order is that of the README: ``--database-url`` or ``DATABASE_URL``; the PG* variables of libpq;
``connection.env`` in the settings folder, written by ``connect``; the practice server, once ``init --embedded`` or
``demo`` has made a database there. ``--practice`` skips all but the last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ..common.errors import NotConnected, Usage
from ..common.paths import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


PRACTICE = "practice"  # the database that `init --embedded` makes
CONNECTION, CHOSEN = "connection.env", "practice.chosen"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_VARIABLE_OF = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY", "options": "PGOPTIONS", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip


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
    host = next((host for host in hosts if not host.startswith("/") and host not in LOCAL_HOSTS), None)
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


def find_settings(
    url: str | None, environ: Mapping[str, str], config: Path = CONFIG, *, is_practice: bool = False
) -> dict[str, str] | None:
    """Return the PG* variables of the first place that names a database, or None for the practice server.

    ``is_practice`` asks for the practice server, whatever else is connected: a command that was printed for invented
    people never reaches a real database. Raises NotConnected where nothing names a database, because nobody's real
    export may land in a sandbox by mistake, and Usage where a URL and ``is_practice`` contradict each other.
    """
    if is_practice:
        if url:
            raise Usage("--practice and --database-url name two databases. Nothing was done. Give one of them.")
        if practice_database(config) is None:
            raise NotConnected(
                "There is no practice database on this machine yet, so nothing was done. `./kajabi-guard demo` makes "
                "one with invented people, `./kajabi-guard init --embedded` an empty one."
            )
        return None
    url = url or environ.get("DATABASE_URL")
    named = {name: value for name, value in environ.items() if name.startswith("PG") and value}
    if url:
        # what a URL seldom says: where the host's certificate lies
        tls = {name: value for name, value in named.items() if name.startswith("PGSSL")}
        return _with_safe_tls({**tls, **settings_from_url(url)}, environ)
    if "PGHOST" in named:
        return _with_safe_tls(named, environ)
    if (config / CONNECTION).exists():
        return _with_safe_tls(_read_connection_file(config / CONNECTION), environ)
    if practice_database(config) is not None:
        return None
    raise NotConnected(
        "No database is connected yet, so nothing was done. Type `./kajabi-guard connect` once and paste the "
        "connection string of your database (Supabase: button Connect, Session pooler), or set DATABASE_URL or PGHOST. "
        "To try things out without touching your organisation: `./kajabi-guard demo`, or `./kajabi-guard "
        "init --embedded` for an empty database."
    )


def practice_database(config: Path = CONFIG) -> str | None:
    """Return the name of the database on the practice server that is used; None where none was made."""
    chosen = config / CHOSEN
    return (chosen.read_text(encoding="utf-8").strip() or PRACTICE) if chosen.exists() else None


def choose_practice(name: str, config: Path = CONFIG) -> None:
    """Use this database of the practice server from now on, wherever nothing else is connected."""
    config.mkdir(mode=0o700, parents=True, exist_ok=True)
    (config / CHOSEN).write_text(f"{name}\n", encoding="utf-8")


def other_connections(environ: Mapping[str, str], config: Path = CONFIG) -> list[str]:
    """Name what would be used before the practice database: variables, the file that ``connect`` wrote."""
    connected = [name for name in ("DATABASE_URL", "PGHOST") if environ.get(name)]
    return [*connected, *([CONNECTION] if (config / CONNECTION).exists() else [])]
