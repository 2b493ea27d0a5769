"""Look at the connection, the table and the tools; say what is wrong and how to mend it. Changes nothing."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from loader.errors import KajabiGuardError
from loader.prepare import REQUIRED_COLUMNS, check_contacts, check_visible, pending_migrations
from loader.statements import statement

if TYPE_CHECKING:
    from loader.database import Connection, Target

# a fix of concurrent MERGE came with these; our table lock makes it harmless
FIXED_IN = {15: 150015, 16: 160011, 17: 170007, 18: 180001}
TRANSACTION_POOLER = "6543"
EVIDENCE_COLUMNS = (
    "kajabi_id", "kajabi_member_id", "paypal_first_name", "paypal_last_name", "paypal_phone", "paypal_email",
    "phone_source", "billing_address_source", "zoho_id", "deleted_at",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, ``ok`` / ``warning`` / ``problem``, what was found, and the remedy."""

    check: str
    status: str
    detail: str
    remedy: str = ""


def examine(connection: Connection, target: Target) -> list[dict[str, Any]]:
    """Return the findings as dicts. Raises only when the database cannot be asked at all."""
    findings = [Finding("connection", "ok", target.label)]
    try:
        pending = pending_migrations(connection)
    except psycopg.errors.InsufficientPrivilege:
        remedy = "connect as the role that ran `./kajabi-guard init`, or let it grant this role its schemas"
        findings.append(Finding("tables of kajabi-guard", "problem", "this role may not see them", remedy))
        return [asdict(finding) for finding in findings]
    findings.append(
        Finding("tables of kajabi-guard", "problem", f"{len(pending)} to make", "./kajabi-guard init")
        if pending
        else Finding("tables of kajabi-guard", "ok", "up to date")
    )
    for check, question in (("contacts table", check_contacts), ("row-level security", check_visible)):
        try:
            question(connection)
            findings.append(Finding(check, "ok", "as needed" if check == "contacts table" else "hides nothing"))
        except KajabiGuardError as error:  # noqa: PERF203  # two checks, once
            findings.append(Finding(check, "problem", str(error)))
            return [asdict(finding) for finding in findings]
    facts = connection.execute(statement("doctor_server")).fetchone() or {}
    columns = {row["column_name"] for row in connection.execute(statement("contact_columns"))}
    findings += [_version(facts), _tls(facts, target), _pooler(target), _privileges(facts), _columns(columns)]
    where = facts["citext_schema"]
    findings.append(Finding("citext", "ok", f"in schema {where}" if where else "not installed: emails are plain text"))
    findings.append(Finding("triggers on contacts", "ok", f"{facts['count_triggers']} enabled"))
    findings += [
        Finding(name, "ok", importlib.metadata.version(name)) for name in ("dbt-core", "dbt-postgres", "psycopg")
    ]
    return [asdict(finding) for finding in findings]


def _version(facts: dict[str, Any]) -> Finding:
    fixed = FIXED_IN.get(facts["version_number"] // 10000, 0)
    if facts["version_number"] < fixed:
        return Finding("PostgreSQL", "warning", facts["version"], "a newer minor version fixes concurrent MERGE")
    return Finding("PostgreSQL", "ok", facts["version"])


def _tls(facts: dict[str, Any], target: Target) -> Finding:
    host = target.settings.get("PGHOST", "")
    if host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}:
        return Finding("TLS", "ok", "not needed: the server is on this machine")
    mode = target.settings.get("PGSSLMODE", "")
    if not facts["is_encrypted"] or mode != "verify-full":
        return Finding("TLS", "problem", f"sslmode={mode}", "use verify-full with your host's certificate")
    return Finding("TLS", "ok", "encrypted and verified")


def _pooler(target: Target) -> Finding:
    if target.settings.get("PGPORT") == TRANSACTION_POOLER:
        return Finding("pooler", "warning", "port 6543: transaction mode", "works; port 5432 (session) is quicker")
    return Finding("pooler", "ok", f"port {target.settings.get('PGPORT', '5432')}")


def _privileges(facts: dict[str, Any]) -> Finding:
    missing = [name for name in ("read", "insert", "update") if not facts[f"may_{name}"]]
    if missing:
        return Finding(
            "privileges on contacts", "problem", f"this role may not {', '.join(missing)}",
            "let the owner grant SELECT, INSERT, UPDATE on public.contacts",
        )  # fmt: skip
    return Finding("privileges on contacts", "ok", "read, insert, update")


def _columns(columns: set[str]) -> Finding:
    absent = [name for name in EVIDENCE_COLUMNS if name not in columns]
    found = f"{len(REQUIRED_COLUMNS)} required"
    if absent:
        missing = ", ".join(absent)
        return Finding("columns", "warning", f"{found}; not here: {missing}", "nothing: they are no evidence then")
    return Finding("columns", "ok", f"{found}, and all that can be evidence")
