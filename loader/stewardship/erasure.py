"""Erase a person from the raw exports and the ledger, in one transaction; that it was done stays on record.

And from this machine: reports, and what dbt leaves behind.
``contacts`` is never touched: who is still a contact is not forgotten, and is refused. docs/decisions/0016 says why.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from ..common.errors import KajabiGuardError, Usage
from ..common.paths import REPORTS, STATE
from ..common.report_folders import entries, is_report
from ..database.contacts_table import check_contacts, check_visible
from ..database.locks import person, take_run_lock
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..database.connection import Connection

# overrides of matches first: they are found by the export rows that the next statement deletes
# each table and the statement that erases a person from it, in the order in which they run
TABLES = {
    "match_overrides": "forget_match_overrides",
    "contact_rows": "forget_contact_rows",
    "planned_rows": "forget_planned_rows",
    "field_changes": "forget_field_changes",
    "contact_field_sources": "forget_contact_field_sources",
    "open_conflicts": "forget_open_conflicts",
    "overrides": "forget_overrides",
    "protections": "forget_protections",
    "merged_contacts": "forget_merged_contacts",
    "plan_scope": "forget_plan_scope",
}
MOST_KEYS = 12  # more emails or Kajabi ids than one person has: a key is shared, and others would be erased
CONTACTS_NAMED = 3
# a key inside of a longer word is another person's, unless what stands before it is an escape of JSON or of a link; as
# in the database (kajabi_ledger.keys_pattern), a dot goes on to a longer domain unless it ends a sentence
BEFORE = r"(?:(?<![\w.%+@-])|(?<=\\[nrt])|(?<=%[0-9a-f]{2}))"
AFTER = r"(?![\w@%+-]|\.(?!csv)\w)"


@dataclass(frozen=True)
class Keys:
    """Everything by which a person can be found. Never printed: ``repr`` ends in tracebacks."""

    emails: list[str]
    kajabi_ids: list[str]
    member_ids: list[str]
    contact_ids: list[Any]

    def __repr__(self) -> str:
        """How many, not which."""
        return f"Keys({', '.join(f'{len(values)} {name}' for name, values in asdict(self).items())})"

    def in_files(self) -> list[str]:
        """The texts by which a file names the person."""
        return [*self.emails, *self.kajabi_ids, *(str(contact_id) for contact_id in self.contact_ids)]


@dataclass(frozen=True)
class Erasure:
    """What was erased, as counts. ``erasure_id`` is None after a rehearsal."""

    keys: Keys
    row_counts: dict[str, int]
    count_relations: int
    erasure_id: int | None = None


def forget(connection: Connection, email: str, because: str, *, dry_run: bool = False) -> Erasure:
    """Erase the person who has, or had, this email from ``kajabi_raw``, ``kajabi_guard`` and ``kajabi_ledger``.

    ``dry_run`` does everything and rolls it back. What was erased is recorded, also when nothing was found: a request
    was made and answered. Raises Usage without an email or a reason, KajabiGuardError while a contact is this person,
    where the keys lead to too many people, or where a table would keep something; Busy during another run.
    """
    if not email.strip() or not because.strip():
        raise Usage("Give the person's EMAIL and --because REASON. Nothing was erased.")
    check_contacts(connection)
    check_visible(connection)
    with connection.transaction(force_rollback=dry_run):
        connection.execute(statement("loader_timeouts"))
        take_run_lock(connection)
        keys = find_keys(connection, email)
        _require_no_contact(connection, keys)
        erasure = _erase(connection, keys)
        record = {**asdict(keys), "row_counts": Jsonb(erasure.row_counts), "because": because, "erased_by": person()}
        # a rehearsal takes no number: a gap in the record would look like a row that somebody took out
        recorded = {} if dry_run else _one(connection, "record_erasure", record)
        _require_nothing_left(connection, keys)
        connection.execute(statement("forget_statistics"))
    return replace(erasure, erasure_id=recorded.get("erasure_id"))


def find_keys(connection: Connection, email: str) -> Keys:
    """Every key that leads to the person, followed through exports, runs and merges until nothing is added.

    Raises KajabiGuardError where there are more than one person can have.
    """
    found = _one(connection, "clean_email", {"email": email})
    if not found["email"]:
        raise Usage("The EMAIL is blank. Nothing was erased.")
    keys = Keys([found["email"]], [], [], [])
    while True:
        more = Keys(**_one(connection, "forget_keys", asdict(keys)))
        if max(len(more.emails), len(more.kajabi_ids)) > MOST_KEYS:
            raise KajabiGuardError(
                f"The email leads to {len(more.emails)} emails and {len(more.kajabi_ids)} Kajabi ids in the exports "
                "and the ledger: several people share a key, and all of them would be erased. Nothing was "
                "erased. See which rows share it (docs/runbook.md, Privacy) and correct that first."
            )
        if more == keys:
            return keys
        keys = more


def _require_no_contact(connection: Connection, keys: Keys) -> None:
    contacts = connection.execute(statement("forget_contacts_here"), asdict(keys)).fetchall()
    if not contacts:
        return
    named = ", ".join(f"{row['contact_id']} (by its {row['key_kind']})" for row in contacts[:CONTACTS_NAMED])
    raise KajabiGuardError(
        f"This person is still in contacts: {named}{' and others' if len(contacts) > CONTACTS_NAMED else ''}. Their "
        "protections and overrides would be gone while Kajabi could still write to them, and the next plan would copy "
        "the contact again, so nothing was erased. Delete the person in Kajabi, delete the contact here in your own "
        "way (or empty it: mark it as deleted, without any email or Kajabi id of theirs), and type the command again."
    )


def _erase(connection: Connection, keys: Keys) -> Erasure:
    parameters = {
        **asdict(keys),
        "nobody_ids": [uuid4() for _ in keys.contact_ids],
        "known_tables": list(TABLES),
    }
    # the tables of later versions first: they may point at what is blanked below
    counts = {row["table_name"]: row["count_rows"] for row in _rows(connection, "forget_elsewhere", parameters)}
    for table, erasing in TABLES.items():
        counts[table] = connection.execute(statement(erasing), parameters).rowcount
    for row in _rows(connection, "forget_in_texts", parameters):
        counts[row["table_name"]] = counts.get(row["table_name"], 0) + row["count_rows"]
    relations = _one(connection, "forget_derived", {})
    return Erasure(keys, dict(sorted(counts.items())), relations["count_relations"])


def _require_nothing_left(connection: Connection, keys: Keys) -> None:
    left = _rows(connection, "forget_leftovers", asdict(keys))
    if left:
        named = ", ".join(f"{row['table_name']} ({row['count_rows']})" for row in left)
        raise KajabiGuardError(
            f"Rows about this person would be left in {named}, so nothing was erased: all of it was rolled back. "
            "A table of the ledger has a key in a column that this version does not know. Please report it."
        )


def _rows(connection: Connection, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return connection.execute(statement(name), parameters).fetchall()


def _one(connection: Connection, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return connection.execute(statement(name), parameters).fetchone() or {}


@dataclass(frozen=True)
class Files:
    """Report folders of this tool that name the person, other files under reports/ that do, and dbt's folders."""

    reports: list[Path]
    others: list[Path]
    left_by_dbt: list[Path]


def find_files(keys: Sequence[str], reports: Path = REPORTS, state: Path = STATE) -> Files:
    """Return what names one of these keys. dbt's artifacts and logs count as naming everybody: nobody needs them."""
    listed = "|".join(re.escape(_as_key(key)) for key in keys)
    pattern = re.compile(rf"{BEFORE}(?:{listed}){AFTER}")
    naming = [entry for entry in entries(reports) if _names(entry, pattern)]
    dbt = [state / "dbt" / name for name in ("target", "kajabi_guard_comparison", "logs")]
    return Files(
        reports=[entry for entry in naming if is_report(entry.name)],
        others=[entry for entry in naming if not is_report(entry.name)],
        left_by_dbt=[folder for folder in dbt if folder.exists()],
    )


def delete_files(files: Files) -> None:
    """Delete the reports that name the person and what dbt left; what the tool did not write stays."""
    for folder in (*files.reports, *files.left_by_dbt):
        shutil.rmtree(folder)


def _names(entry: Path, pattern: re.Pattern[str]) -> bool:
    found = [entry, *entry.rglob("*")]
    # a report's folder has the name of the export in its own
    if any(pattern.search(_as_key(path.name)) for path in found):
        return True
    files = [path for path in found if path.is_file()]
    return any(pattern.search(_as_key(path.read_bytes().decode("utf-8", errors="replace"))) for path in files)


def _as_key(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
