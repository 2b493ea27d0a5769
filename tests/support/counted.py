"""What work costs, counted and not timed: statements sent, rows written by relation, scans and touches of contacts.

The client counts what it sends; the server counts what each transaction does to each table. Neither has a clock.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Iterator

# pg_stat_xact_* may hold what this session did before and has not handed in yet: the difference is the transaction's.
# Temporary tables are left out: they are gone with the session
TABLES = """
    select
        schemaname || '.' || relname as relation, seq_scan as scans, n_tup_ins as inserted, n_tup_upd as updated,
        n_tup_del as deleted, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as rows_read
    from pg_stat_xact_user_tables where schemaname !~ '^pg_temp'
"""
CONTACTS = "select id::text, xmin::text, updated_at from public.contacts"
WRITES = ("inserted", "updated", "deleted")


@dataclass
class Cost:
    """What was sent, and what the transactions of it have done."""

    sent: list[str] = field(default_factory=list, repr=False)
    """Statements in their order; a transaction is two of them, and an ``executemany`` is as many as it has rows."""
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    written_contacts: set[str] = field(default_factory=set, repr=False)
    """Contacts with a new version of their row, new ones included."""
    touched_contacts: set[str] = field(default_factory=set, repr=False)
    """Contacts with another ``updated_at``, new ones included."""

    @property
    def written(self) -> dict[str, tuple[int, ...]]:
        """Rows (inserted, updated, deleted) by relation, where there are any."""
        rows = {relation: tuple(counted[name] for name in WRITES) for relation, counted in self.tables.items()}
        return {relation: counts for relation, counts in rows.items() if any(counts)}

    @property
    def scans(self) -> int:
        """Sequential scans of contacts."""
        return self.tables["public.contacts"]["scans"]

    @property
    def contacts_read(self) -> int:
        """Rows of contacts that were read, by scans and by indexes: a scan in disguise counts as well."""
        return self.tables["public.contacts"]["rows_read"]

    def add(self, before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> None:
        """Add what one transaction has done."""
        for relation, counted in after.items():
            kept = self.tables.setdefault(relation, dict.fromkeys(counted, 0))
            for name, number in counted.items():
                kept[name] += number - before.get(relation, {}).get(name, 0)


@contextmanager
def counting() -> Iterator[Cost]:
    """Count what every connection that is opened in the block costs."""
    cost = Cost()

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **named: Any) -> Any:
            cost.sent.append(str(query))
            return super().execute(query, *given, **named)

        def executemany(self, query: Any, params_seq: Any, **named: Any) -> Any:
            rows = list(params_seq)
            cost.sent += [str(query)] * len(rows)
            return super().executemany(query, rows, **named)

        def copy(self, statement: Any, *given: Any, **named: Any) -> Any:
            cost.sent.append(str(statement))
            return super().copy(statement, *given, **named)

    class Connection(psycopg.Connection[Any]):
        @contextmanager
        def transaction(self, *given: Any, **named: Any) -> Iterator[psycopg.Transaction]:
            is_whole = self.info.transaction_status == TransactionStatus.IDLE
            cost.sent.append("begin" if is_whole else "savepoint")
            with super().transaction(*given, **named) as transaction:
                # our own look at contacts is a scan as well: it comes before the first count and after the last
                contacts = _contacts(self) if is_whole else {}
                tables = _tables(self) if is_whole else {}
                yield transaction
                if is_whole:
                    cost.add(tables, _tables(self))
                    _note_touched(cost, contacts, _contacts(self))
            cost.sent.append("end")

    def connect(*given: Any, **named: Any) -> Connection:
        return Connection.connect(*given, **{**named, "cursor_factory": Cursor})

    with mock.patch.object(psycopg, "connect", connect):
        yield cost


def _rows(connection: psycopg.Connection[Any], query: str) -> list[dict[str, Any]]:
    """Ask without being counted."""
    return psycopg.Cursor(connection, row_factory=dict_row).execute(query).fetchall()


def _tables(connection: psycopg.Connection[Any]) -> dict[str, dict[str, int]]:
    return {row.pop("relation"): row for row in _rows(connection, TABLES)}


def _contacts(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    return {row.pop("id"): row for row in _rows(connection, CONTACTS)}


def _note_touched(cost: Cost, before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> None:
    for column, noted in (("xmin", cost.written_contacts), ("updated_at", cost.touched_contacts)):
        noted |= {
            contact_id
            for contact_id in before.keys() | after.keys()
            if before.get(contact_id, {}).get(column) != after.get(contact_id, {}).get(column)
        }
