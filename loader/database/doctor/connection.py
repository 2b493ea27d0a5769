"""``doctor`` on the connection: the server's version, TLS, and what stands between this tool and the server."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ..connection import connect
from ..statements import statement
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...common.errors import KajabiGuardError
    from ..connection import Connection, Target

# a fix of concurrent MERGE came with these; our table lock makes it harmless
FIXED_IN = {15: 150015, 16: 160011, 17: 170007, 18: 180001}
TRANSACTION_POOLER = "6543"
SESSION_IS_BETTER = "works; the session pooler (Supabase: port 5432) is quicker"

# what libpq says, and what to do about it
REMEDIES = (
    ("password authentication failed", "the password or the user is wrong: `./kajabi-guard connect` asks again"),
    ("no password supplied", "the server wants a password: `./kajabi-guard connect` asks for the connection again"),
    ("Connection refused", "nothing listens there: compare host and port with your host's page, or start the server"),
    ("translate host name", "no such host: compare its name with your host's page, and look whether you are online"),
    ("No such file or directory", "no server has a socket there: start it, or set PGHOST to where it is"),
    ("timeout", "no answer: compare host and port, look at the firewall and whether the project is paused"),
    ("certificate", "download your host's certificate and name it: docs/runbook.md, The certificate"),
    ("root.crt", "download your host's certificate and name it: docs/runbook.md, The certificate"),
    ("SSL", "the server and this side do not agree on TLS: docs/runbook.md, The certificate"),
    ("does not exist", "compare the database's and the role's name with your host's page"),
)


def unreachable(error: KajabiGuardError) -> Finding:
    """Why there is no connection, without the password, and what can be done."""
    detail, _, rest = str(error).partition(" Nothing was done. ")
    detail, _, remedy = detail.partition(", so nothing was done. ")
    found = next((text for words, text in REMEDIES if words in detail), None)
    return Finding(
        "connection", "problem", detail, found or rest or remedy or "see docs/runbook.md, First installation"
    )


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


@dataclass(frozen=True)
class Way:
    """How this connection really goes: a name and an address can say different things, and the address is used."""

    host: str
    address: str
    is_encrypted: bool

    @property
    def is_local(self) -> bool:
        """Whether it never leaves this machine."""
        return self.is_socket or (bool(self.address) and ip_address(self.address.partition("%")[0]).is_loopback)

    @property
    def is_socket(self) -> bool:
        """Whether it is a socket in a folder; libpq takes a name that begins with @ for one as well."""
        return not self.address and self.host.startswith(("/", "@"))


def way_of(connection: Connection) -> Way:
    """Ask the connection itself, not the settings that it was made from."""
    info = connection.info
    host = info.host
    return Way(host, "" if host.startswith(("/", "@")) else info.hostaddr, bool(connection.pgconn.ssl_in_use))


def tls(facts: dict[str, Any], target: Target, way: Way) -> Iterator[Finding]:
    """Whether what goes over the net is encrypted, and whom it goes to is verified."""
    mode = target.settings.get("PGSSLMODE") or "prefer"  # libpq's own default
    if way.is_local:
        what = "a socket" if way.is_socket else way.address
        yield Finding("TLS", "ok", f"{'in use' if way.is_encrypted else 'not needed'}: {what} on this machine")
        return
    to = f"to {way.address or way.host}"
    verify = "use sslmode=verify-full with your host's certificate: docs/runbook.md, The certificate"
    if not way.is_encrypted:
        yield Finding("TLS", "problem", f"not encrypted (sslmode={mode}), {to}: anybody between can read it", verify)
        return
    # the server sees its pooler, and we see the pooler
    version = facts["tls_version"] or "as far as the pooler"
    if mode == "verify-full":
        yield Finding("TLS", "ok", f"encrypted ({version}) and verified, {to}")
    else:
        yield Finding(
            "TLS", "warning", f"encrypted ({version}), but sslmode={mode} does not verify whom it goes to, {to}", verify
        )


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
