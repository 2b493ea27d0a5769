"""``doctor`` on the contacts: columns, types, keys, labels and triggers. Counts, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.errors import KajabiGuardError, Usage
from ...common.fields import MANAGED, PLANNED
from ...common.site_settings import known_sources
from ...common.tables import count
from ..contacts_table import REQUIRED_COLUMNS, check_contacts
from ..statements import statement
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..connection import Connection

EVIDENCE_COLUMNS = (
    "kajabi_id", "kajabi_member_id", "paypal_first_name", "paypal_last_name", "paypal_phone", "paypal_email",
    "phone_source", "billing_address_source", "zoho_id", "deleted_at",
)  # fmt: skip
# each finding of doctor_columns.sql with its check, its status, what is said of the columns and the remedy
COLUMN_FINDINGS = {
    "not_text": (
        "types", "problem", "not text: {}", "change it to text: Kajabi's values are texts, leading zeros included"
    ),
    "not_uuid": ("types", "problem", "not uuid: {}", "the ledger names contacts by a uuid"),
    "not_a_time": (
        "types", "problem", "not a time: {}", "rename it: any value there, false included, counts as deleted"
    ),
    "generated": (
        "types", "problem", "generated: {}", "make it an ordinary column: a generated one cannot be written"
    ),
    "needs_a_value": (
        "new contacts", "problem", "cannot be inserted: {} must have a value and has no default",
        "give it a default, or let it be null",
    ),
    "takes_no_blank": (
        "new contacts", "warning", "not inserted where Kajabi has no value for {}",
        "let it be null: a new contact takes Kajabi's blank, not the default",
    ),
}  # fmt: skip
LABELS_SHOWN = 5


def required(connection: Connection, facts: dict[str, Any]) -> Iterator[Finding]:
    """Whether there is such a table, with the columns that an import needs, and this role may read it."""
    if facts["has_group_role"] and facts["may_read"] is False:
        yield Finding("contacts table", "ok", "not for this role")  # who only loads never sees a contact
        return
    try:
        check_contacts(connection)
    except KajabiGuardError as error:
        yield Finding("contacts table", "problem", str(error))
    else:
        yield Finding("contacts table", "ok", f"as needed ({len(REQUIRED_COLUMNS)} required columns)")


def columns(connection: Connection) -> Iterator[Finding]:
    """Which of the managed fields, and of the columns that can be evidence, this site has."""
    found = {row["column_name"] for row in connection.execute(statement("contact_columns"))}
    unmanaged, absent = (
        ", ".join(name for name in names if name not in found) for names in (MANAGED, EVIDENCE_COLUMNS)
    )
    if unmanaged:
        yield Finding("fields", "warning", f"not here: {unmanaged}", "nothing: they are neither read nor written then")
    if absent:
        yield Finding("columns", "warning", f"not here: {absent}", "nothing: a missing column proves nothing")
    else:
        yield Finding("columns", "ok", "all optional columns are here")


def types(connection: Connection) -> Iterator[Finding]:
    """Columns of a type that an import cannot read or write."""
    return _odd_columns(connection, "types", "as needed")


def inserts(connection: Connection) -> Iterator[Finding]:
    """Columns that make the insert of a new contact impossible."""
    return _odd_columns(connection, "new contacts", "can be inserted")


def _odd_columns(connection: Connection, check: str, well: str) -> Iterator[Finding]:
    rows = connection.execute(statement("doctor_columns"), {"managed": list(MANAGED)}).fetchall()
    found: dict[str, list[str]] = {}
    for row in rows:
        named = f"{row['name']} ({row['type_name']})" if check == "types" else row["name"]
        found.setdefault(row["finding"], []).append(named)
    is_well = True
    for finding, (of_check, status, what, remedy) in COLUMN_FINDINGS.items():
        if of_check == check and finding in found:
            is_well = False
            yield Finding(check, status, what.format(", ".join(found[finding])), remedy)
    if is_well:
        yield Finding(check, "ok", well)


def emails(connection: Connection) -> Iterator[Finding]:
    """Emails and Kajabi ids that cannot tell two contacts apart."""
    found = connection.execute(statement("doctor_keys")).fetchone() or {}
    for check, number, what, remedy in (
        ("blank emails", found["blank_emails"], "contact", "give them an email: nobody can be matched by a blank"),
        (
            "emails alike", found["emails_alike"], "email",
            "merge these contacts: an email held twice, capitals and spaces aside, is quarantined at every import",
        ),
        (
            "Kajabi ids held twice", found["ids_held_twice"], "id",
            "leave the id with one contact: a row for an id held twice is quarantined at every import",
        ),
        (
            "member ids held twice", found["member_ids_held_twice"], "id",
            "leave the member id with one contact: an id that somebody holds is given to nobody else",
        ),
        (
            "contact ids alike", found["contact_ids_alike"], "id",
            "make id the primary key: the ledger names contacts by it, and a write would reach several",
        ),
        (
            "blank contact ids", found["blank_contact_ids"], "contact",
            "give them an id, and make id the primary key: the ledger names contacts by it",
        ),
    ):  # fmt: skip
        yield Finding(check, "warning", count(number, what), remedy) if number else Finding(check, "ok", "none")
    if found["is_email_unique"]:
        yield Finding("email is unique", "ok", f"yes ({count(found['count_contacts'], 'contact')})")
    else:
        remedy = "create unique index on public.contacts (email)"
        yield Finding("email is unique", "warning", "no: the database accepts the same email twice", remedy)


def labels(connection: Connection) -> Iterator[Finding]:
    """Labels of sources that the seed does not know: they protect, but nobody said what they mean."""
    try:
        known = known_sources()
    except Usage:
        yield Finding("source labels", "warning", "not checked: your own list is invalid", "see the line of `policies`")
        return
    parameters = {
        "sources": [row["source"] for row in known],
        "prefixes": [row["source"] for row in known if row["is_prefix"].lower() == "true"],
    }
    found = connection.execute(statement("doctor_labels"), parameters).fetchone() or {}
    unknown = found["unknown_labels"] or []
    if not unknown:
        yield Finding("source labels", "ok", "all known")
        return
    more = f" and {len(unknown) - LABELS_SHOWN} more" if len(unknown) > LABELS_SHOWN else ""
    yield Finding(
        "source labels", "warning", f"unknown, so they protect: {', '.join(unknown[:LABELS_SHOWN])}{more}",
        "add them with their class to source_priorities.csv (docs/runbook.md, Policies and limits of your own)",
    )  # fmt: skip


def triggers(connection: Connection) -> Iterator[Finding]:
    """Triggers of contacts whose text writes what a merge writes, or other tables with this role's rights."""
    rows = connection.execute(statement("doctor_triggers"), {"planned": list(PLANNED)}).fetchall()
    interfering = [row["trigger_name"] for row in rows if row["could_interfere"]]
    if interfering:
        yield Finding(
            "triggers", "warning", f"could interfere with a write: {', '.join(interfering)}",
            "read its function; `apply` rolls back if a trigger changes what was planned",
        )  # fmt: skip
    elsewhere = [row["trigger_name"] for row in rows if row["writes_elsewhere"] and not row["could_interfere"]]
    if elsewhere:
        yield Finding(
            "triggers", "warning", f"run as the role that writes, and may write elsewhere: {', '.join(elsewhere)}",
            "rehearse with `apply --dry-run` as the role that applies, or make its function SECURITY DEFINER",
        )  # fmt: skip
    if not interfering and not elsewhere:
        yield Finding("triggers", "ok", f"{len(rows)} enabled")
