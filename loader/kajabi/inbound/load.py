"""Copy one export into ``kajabi_raw``, in one transaction: every record of the file, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.types.json import Jsonb

from ...common.errors import ExportRejected
from ...common.paths import PROJECT
from ...database.locks import person, take_run_lock
from ...database.retention import kept_loads, prune_rows
from ...database.statements import statement
from .export_file import load_column_map, read_export

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ...database.connection import Connection
    from .export_file import ExportFile

KAJABI_COLUMNS = PROJECT / "seeds" / "kajabi_columns.csv"
COLUMNS_SHOWN = 6


@dataclass(frozen=True)
class Load:
    """What became of a file. ``status``: loaded, known (nothing to do), newest_again or declared_baseline."""

    load_id: int
    status: str
    file_name: str
    row_count: int
    unmapped_columns: tuple[str, ...]

    def as_text(self) -> str:
        """What a person reads after ``load``."""
        what = {
            "loaded": f"Loaded {self.file_name}: {self.row_count:,} rows, as load {self.load_id}.",
            "known": f"{self.file_name} is load {self.load_id} already, byte for byte. Nothing to do.",
            "newest_again": f"{self.file_name} was load {self.load_id}; it is the newest load again.",
            "declared_baseline": f"{self.file_name} ({self.row_count:,} rows) is the baseline now.",
        }[self.status]
        if not self.unmapped_columns:
            return what
        shown = ", ".join(name.replace("\n", " ")[:30] for name in self.unmapped_columns[:COLUMNS_SHOWN])
        more = len(self.unmapped_columns) - COLUMNS_SHOWN
        return f"{what}\nNot needed and not kept: {shown}{f' and {more} more' if more > 0 else ''}."


def load_export(
    connection: Connection,
    path: Path,
    *,
    encoding: str = "utf-8",
    as_baseline: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Load:
    """Load the export at ``path``; the newest load is what plans are made from.

    ``as_baseline`` declares instead that this export had been imported before: it becomes the baseline and nothing
    else.
    ``progress`` gets the bytes read so far. Raises ExportRejected, Busy, Usage; the database is then as before.
    """
    kept = kept_loads()
    columns = load_column_map(KAJABI_COLUMNS)
    export = read_export(path, columns, encoding=encoding)
    if export.is_invented:
        _require_invented_contacts(connection, export)
    with connection.transaction():
        connection.execute(statement("loader_timeouts"))
        take_run_lock(connection)
        key = {"sha256": export.sha256, "encoding": export.encoding, "columns_version": columns.version}
        known = connection.execute(statement("find_load"), key).fetchone()
        load_id = known["load_id"] if known else _insert(connection, export, columns.version)
        row_count = known["row_count"] if known else 0
        if not known or not known["has_rows"]:
            row_count = _copy(connection, export, load_id, progress)
            connection.execute(statement("analyze_contact_rows"))
        if not known:
            connection.execute(statement("record_row_count"), {"load_id": load_id, "row_count": row_count})
        status = "known" if known else "loaded"
        if as_baseline:
            connection.execute(statement("make_baseline"), {"load_id": load_id, "baseline_how": "declared"})
            status = "declared_baseline"
        elif not known or not known["is_newest"]:
            connection.execute(statement("make_newest"), {"load_id": load_id})
            connection.execute(statement("clear_plan_scope"))
            status = "newest_again" if known else "loaded"
        prune_rows(connection, kept)
    return Load(load_id, status, export.file_name, row_count, export.unmapped_columns)


def _require_invented_contacts(connection: Connection, export: ExportFile) -> None:
    """Raise ExportRejected unless the contacts here are invented as well: a paste may not bring such people in."""
    row = connection.execute(statement("contacts_are_invented")).fetchone()
    if not row or not row["are_invented"]:
        raise ExportRejected(
            f"{export.file_name} was made by the demo: its people are invented, and this is not a practice database. "
            "They would be inserted among your contacts, so nothing was loaded. To go on with the demo, type the "
            "command with `--practice`, as the demo printed it."
        )


def _insert(connection: Connection, export: ExportFile, columns_version: str) -> int:
    row = connection.execute(
        statement("insert_load"),
        {
            "file_name": export.file_name,
            "sha256": export.sha256,
            "byte_count": export.byte_count,
            "encoding": export.encoding,
            "header": list(export.header),
            "mapped_columns": Jsonb(export.mapped_columns),
            "unmapped_columns": list(export.unmapped_columns),
            "columns_version": columns_version,
            "loaded_by": person(),
        },
    ).fetchone()
    assert row is not None  # noqa: S101  # returning gives one row for one insert
    return int(row["load_id"])


def _copy(connection: Connection, export: ExportFile, load_id: int, progress: Callable[[int], None] | None) -> int:
    """Prove and copy every record; return how many, if three counts agree: the file's, COPY's, what can be read."""
    columns = sql.SQL(", ").join(map(sql.Identifier, export.mapped_columns)).as_string(connection)
    with connection.cursor() as cursor:
        with cursor.copy((statement("copy_contact_rows") % {"columns": columns}).encode()) as copy:
            for records in export.records(load_id, progress):
                copy.write(records)
        copied = cursor.rowcount
    counted = connection.execute(statement("count_contact_rows"), {"load_id": load_id}).fetchone()
    kept = counted["count_rows"] if counted else 0
    if not copied == kept == export.row_count:
        raise ExportRejected(
            f"{export.file_name}: {export.row_count} records were read, {copied} sent and {kept} arrived. A record "
            "lost on the way would be a person who vanishes, so nothing was loaded. Try again; if it stays, report it."
        )
    return kept
