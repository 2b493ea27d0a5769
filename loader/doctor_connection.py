"""``doctor`` on the connection: the server's version, TLS, and what stands between this tool and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loader.database import connect
from loader.findings import Finding
from loader.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database import Connection, Target

# a fix of concurrent MERGE came with these; our table lock makes it harmless
FIXED_IN = {15: 150015, 16: 160011, 17: 170007, 18: 180001}
TRANSACTION_POOLER = "6543"
SESSION_IS_BETTER = "works; the session pooler (Supabase: port 5432) is quicker"


def version(facts: dict[str, Any]) -> Iterator[Finding]:
    """The server's version, against the minor versions in which concurrent MERGE was mended."""
    fixed = FIXED_IN.get(facts["version_number"] // 10000, 0)
    if facts["version_number"] < fixed:
        yield Finding("PostgreSQL", "warning", facts["version"], "a newer minor version fixes concurrent MERGE")
    else:
        yield Finding("PostgreSQL", "ok", facts["version"])
    if facts["encoding"] != "UTF8":
        remedy = "use a database created with encoding UTF8"
        yield Finding("encoding", "problem", f"{facts['encoding']}: names cannot be kept as they are", remedy)


def tls(facts: dict[str, Any], target: Target) -> Iterator[Finding]:
    """Whether what goes over the net is encrypted, and whom it goes to is verified."""
    host = target.settings.get("PGHOST", "")
    if host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}:
        yield Finding("TLS", "ok", "not needed: the server is on this machine")
        return
    mode = target.settings.get("PGSSLMODE", "")
    if mode != "verify-full":
        yield Finding("TLS", "problem", f"sslmode={mode}", "use verify-full with your host's certificate")
    elif not facts["is_encrypted"]:
        # the server sees its pooler, and we see the pooler: libpq has verified our part of the way
        yield Finding("TLS", "ok", "encrypted and verified as far as the pooler")
    else:
        yield Finding("TLS", "ok", "encrypted and verified")


def pooler(connection: Connection, target: Target) -> Iterator[Finding]:
    """What is between: told by how it behaves, and by the port where behaviour shows nothing."""
    port = target.settings.get("PGPORT", "5432")
    if _is_shared(connection, target):
        yield Finding("pooler", "warning", f"port {port}: in transaction mode, by its behaviour", SESSION_IS_BETTER)
    elif port == TRANSACTION_POOLER:
        yield Finding("pooler", "warning", "port 6543: in transaction mode, by its port", SESSION_IS_BETTER)
    elif connection.info.backend_pid != _pid(connection):
        yield Finding("pooler", "ok", f"port {port}: in session mode, by its behaviour")
    else:
        yield Finding("pooler", "ok", f"none on port {port}")


def _is_shared(connection: Connection, target: Target) -> bool:
    """Whether one server process serves several clients in turn: it shows while another client is in a transaction."""
    before = _pid(connection)
    with connect(target, "kajabi-guard doctor") as other, other.transaction():
        others = _pid(other)
        return others == before or _pid(connection) != before


def _pid(connection: Connection) -> int:
    row = connection.execute(statement("backend")).fetchone()
    return int(row["pid"]) if row else 0
